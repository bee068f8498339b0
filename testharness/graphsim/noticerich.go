package graphsim

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the protocol's choice
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
)

// Notifications with resource data carry the item, encrypted for the subscriber (microsoft-graph-docs, page
// "change-notifications-with-resource-data").

// certificate reads the subscriber's certificate: base64 of DER, with an RSA key of 2048 to 4096 bits.
func (sub *subscription) certificate() (*x509.Certificate, *rsa.PublicKey, bool) {
	der, err := base64.StdEncoding.DecodeString(sub.Certificate)
	if err != nil {
		return nil, nil, false
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, false
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	return cert, key, ok && key.N.BitLen() >= 2048 && key.N.BitLen() <= 4096
}

// checkRich checks what a subscription with resource data needs.
func (sub *subscription) checkRich() *apiError {
	if !sub.IncludeData {
		return nil
	}
	if _, _, ok := sub.certificate(); !ok || sub.CertificateID == "" {
		return errInvalidSubscription("Resource data needs an encryptionCertificate with an RSA key of 2048 to 4096 bits and an encryptionCertificateId.") // text unconfirmed
	}
	_, query, _ := strings.Cut(sub.Resource, "?")
	options, err := url.ParseQuery(query)
	if err != nil || options.Get("$select") == "" {
		return errInvalidSubscription("Resource data needs $select in the resource.") // text unconfirmed
	}
	return nil
}

// encryptedContent is an item for one subscriber: encrypted by a key of its own, which is encrypted by the certificate's.
type encryptedContent struct {
	Data          string `json:"data"`
	DataKey       string `json:"dataKey"`
	DataSignature string `json:"dataSignature"`
	CertificateID string `json:"encryptionCertificateId"`
	Thumbprint    string `json:"encryptionCertificateThumbprint"`
}

// encrypt uses AES-256 in CBC mode with PKCS #7 padding, the key's first bytes as the vector, HMAC-SHA-256 over what was encrypted, and
// RSA-OAEP with SHA-1 for the key.
func (sub *subscription) encrypt(data []byte) (*encryptedContent, error) {
	cert, public, _ := sub.certificate()
	key := make([]byte, 32)
	rand.Read(key) //nolint:errcheck // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	pad := aes.BlockSize - len(data)%aes.BlockSize
	sealed := append(append([]byte(nil), data...), strings.Repeat(string(rune(pad)), pad)...)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(sealed, sealed)
	mac := hmac.New(sha256.New, key)
	mac.Write(sealed)
	wrapped, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, public, key, nil)
	if err != nil {
		return nil, err
	}
	print := sha1.Sum(cert.Raw)
	enc := base64.StdEncoding
	return &encryptedContent{
		Data: enc.EncodeToString(sealed), DataKey: enc.EncodeToString(wrapped), DataSignature: enc.EncodeToString(mac.Sum(nil)),
		CertificateID: sub.CertificateID, Thumbprint: strings.ToUpper(hex.EncodeToString(print[:])),
	}, nil
}
