package entra

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"sync"
)

// testKey is a private RSA key of 2048 bits for signing the simulator's tokens. It is no secret and opens nothing: it stands here so that a
// simulator starts at once and two runs give the same tokens. It is a PKCS #1 document in base64.
const testKey = `
MIIEowIBAAKCAQEAuwoxdEBU8TxKcWak9pvC3D4rj/kdtae8LcGagcqG2XusxscRJxlVGGrbezk/WJJiWftsQAi2T62tVa9ROuvPU/BrnMvA8DOMds7BqDMcAvr2Qu13
HZBl8JLBlob+YBDbiZ+BzvBDvcL/N44/afr/ucuHJLR2Ss51Ma/S0iFWESd4g9ZSX+06ugVP0JU2aMGtIZ3a8VOmSPITllwTZQtKyf4GCIMFdWgQyqD9G47sTOai+UN9
mtI511xbFTx7PeB/3jQuTrwKbeDXpJkh6qaqQDhOY2oGKanGsZX6vdqP7Ki2m9cj4UX9hrTf8lwVUrOhuO8aW8Cf9VyIkD496+akMwIDAQABAoIBACL0LzTJ9vXULhdO
NuLtTfep2KtBw2cYzyZ/6Vd7GUNYhPvq5M45QjlbcuPu2WM8jAvD3EGFP0jZrKx4JIaN3gOSSRIW09ovz/69+dvsnT4DV3U/eoS4YQyZ6HqwhKZAUD7CY9hf91DluZtQ
xpIQOa0nl3xpCzhEqAsekBf76eEvfKYhj/SaQSaR9Id13Yl/P9TnECkKNBHBl+dRD3ItJhCJGUFeG5lHU2VXfxxunou5Njml8rvgpQ5meO17cvNjIKBS/EQnnIbN51W1
gQVEUlmKWANxsoNNOFOkTeYQnjlw6ru2OC+55IjCq25iZjAvL/xiIXfY8nZORxCPhGdJaeECgYEA6+IYcEUNlre+0kJLswArMm6gkUlf46lARNDsObc2l4VcYDy65bFI
C2X00kOnpDxo+hIg9EXcWGGSM0v1oJC0DJbVaf3hXCtUKfPuSiKXMz+5UgfX/7SNfYXo69LPJn+8v6a/BiAEUpJoDlA49qYvuW4v3HyWgFF6OKU53sBxpyECgYEAyv26
Xq3FIZ/djyhBUdd/3d3aA47stBZPsHcDNJv1HVUkCkNlx6Jem/AiaYfX1dDuqITkDT0vzVnqe/s5p+XeiXeu73nbQx3uJzFAMef96j0hHN12f3XhBnwllxFI68ftVINY
ZIfuNdClpjqPTDqBtYeJ6armej775jKtu5fRZNMCgYEApUFfUbhvDrpoS7H6isuBd/GdOGwpa7v1tMCR3tWGv5zE3P9vCOCs0p95Z53SYvOXsCrnP3t6Jcklvh5nVThL
i85YcctWCVapvkKRHQsi1tq8IMYyA4kg32HjjuPAEP7I45QUnFvt61N65xw47EP9h3G0wknevsNWVz0aT/6PIUECgYA6JLtBa1zP6M65trofCy8hCe7snf/HBa0FytEs
PI/VOxH7rpp0uFmJKRtyRurX3+S8eHQqJqCOnXbA1JELOpinn5SIG8tmSihxKXZN1Tmx4pidgAH1OHqgNOc/gj/06WtdjdG/2f+tgnowRw3Ms+V7bbtfJwilc20L3vBM
j4v26QKBgB5e3UnPqZdxZJ9FKv/NH2GQgmxPFyFgP0sdpojZspQYn+4vHQkcm9gGurYORY/GWY4MCbWZ1+Y3bThQ3kG9yXvJk6QygXlu78yZeMB7BpL+uC8bFWjlZie0
g9E+OROxNkgw4CJ7qnfe+sJ/FP4tuo2iZ0EEYUJVsUh0Fhzx67Uv
`

// signingKey reads testKey, once in a process: reading takes milliseconds.
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) {
	der, err := base64.StdEncoding.DecodeString(testKey)
	if err != nil {
		return nil, err
	}
	return x509.ParsePKCS1PrivateKey(der)
})

// keyID names the key. Simulators with different seeds share the key but not its name, so that they do not take each other's tokens.
func keyID(seed uint64) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("signing key "), seed))
	return base64.RawURLEncoding.EncodeToString(sum[:20])
}

// jwk is a public key in a JSON Web Key Set.
type jwk struct {
	Kty    string `json:"kty"`
	Use    string `json:"use"`
	Kid    string `json:"kid"`
	X5t    string `json:"x5t"`
	N      string `json:"n"`
	E      string `json:"e"`
	Issuer string `json:"issuer"`
}

func publicJWK(key *rsa.PublicKey, kid, issuer string) jwk {
	enc := base64.RawURLEncoding
	return jwk{Kty: "RSA", Use: "sig", Kid: kid, X5t: kid, N: enc.EncodeToString(key.N.Bytes()), E: enc.EncodeToString([]byte{1, 0, 1}), Issuer: issuer}
}
