package graphsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
)

func signingKey(seed uint64) []byte {
	sum := sha256.Sum256([]byte("graphsim key " + strconv.FormatUint(seed, 10)))
	return sum[:]
}

// sign makes the signature of what clients bring back unread.
func (s *Server) sign(data []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write(data)
	return m.Sum(nil)
}
