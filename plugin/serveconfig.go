package plugin

import (
	"crypto/rand"
	"io"
	"net/http"
	"time"
)

// ServeConfig is what a served connector finds in its sdk.Env besides what the
// host gives it. The zero value is right for programs.
type ServeConfig struct {
	// HTTP carries the requests of all connections. Nil means a transport of
	// its own with the usual limits and with the proxy of the environment; in a
	// Loop it means the one of the host's Env.
	HTTP http.RoundTripper
	// Now is the clock. Nil means time.Now; in a Loop the clock of the host's Env.
	Now func() time.Time
	// Rand is the source of randomness. Nil means crypto/rand; in a Loop the one
	// of the host's Env.
	Rand io.Reader
}

// or returns c with what it lacks taken from d.
func (c ServeConfig) or(d ServeConfig) ServeConfig {
	if c.HTTP == nil {
		c.HTTP = d.HTTP
	}
	if c.Now == nil {
		c.Now = d.Now
	}
	if c.Rand == nil {
		c.Rand = d.Rand
	}
	return c
}

// real returns what a program has by itself.
func (ServeConfig) real() ServeConfig {
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConns: 256, MaxIdleConnsPerHost: 64,
		IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: time.Second,
	}
	return ServeConfig{HTTP: t, Now: time.Now, Rand: rand.Reader}
}
