package graphsim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"slices"
	"time"
)

// certificateLife is how long a [Certificate] is valid: as long as a development server may run, and no longer.
const certificateLife = 30 * 24 * time.Hour

// Certificate lets clients on this machine reach a server by https. It is made for one start: nothing of it is stored.
// It does not change and is safe for concurrent use.
type Certificate struct {
	root []byte
	leaf tls.Certificate
}

// NewCertificate makes an authority and a server certificate signed by it, for localhost, 127.0.0.1, ::1 and the further names and IP
// addresses in hosts. Both are valid from an hour before now, which is the real time and not the simulated one, for 30 days. The authority's
// key is thrown away: trusting it lets nobody but this server in.
func NewCertificate(now time.Time, hosts ...string) (*Certificate, error) {
	root := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Gleis simulator, made at its start"}, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range append([]string{"localhost", "127.0.0.1", "::1"}, hosts...) {
		ip := net.ParseIP(host)
		switch {
		case host == "":
			return nil, errors.New("graphsim: a host of a certificate has a name")
		case ip == nil && !slices.Contains(leaf.DNSNames, host):
			leaf.DNSNames = append(leaf.DNSNames, host)
		case ip != nil && !slices.ContainsFunc(leaf.IPAddresses, ip.Equal):
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		}
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	for i, c := range []*x509.Certificate{root, leaf} {
		c.NotBefore, c.NotAfter = now.Add(-time.Hour), now.Add(certificateLife)
		c.SerialNumber = big.NewInt(now.UnixNano() + int64(i))
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey)
	if err != nil {
		return nil, err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, &leafKey.PublicKey, rootKey)
	if err != nil {
		return nil, err
	}
	return &Certificate{root: rootDER, leaf: tls.Certificate{Certificate: [][]byte{leafDER, rootDER}, PrivateKey: leafKey}}, nil
}

// PEM is what a client has to trust: the authority's certificate, without any key.
func (c *Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.root})
}

// Listener wraps ln for https, HTTP/1.1 and HTTP/2, as [Server.Serve] takes it.
func (c *Certificate) Listener(ln net.Listener) net.Listener {
	return tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{c.leaf}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}})
}
