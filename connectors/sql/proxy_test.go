package sql_test

import (
	"bytes"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
)

// proxy stands between the connector and PostgreSQL and loses the answer to a
// commit: the server carries it out, and the connection ends.
type proxy struct {
	listener net.Listener
	server   string
	lose     atomic.Bool
}

// newProxy returns a proxy and the dsn that leads through it.
func newProxy(t testing.TB, dsn string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, server: u.Host}
	u.Host = l.Addr().String()
	go p.serve()
	return p, u.String()
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.carry(client)
	}
}

func (p *proxy) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	var losing atomic.Bool
	go func() { // client to server
		defer server.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := client.Read(b)
			if bytes.Contains(bytes.ToLower(b[:n]), []byte("commit")) && p.lose.CompareAndSwap(true, false) {
				losing.Store(true)
			}
			if _, e := server.Write(b[:n]); e != nil || err != nil {
				return
			}
		}
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := server.Read(b)
		if losing.Load() || err != nil { // the server has answered, so it is done
			return
		}
		if _, err := client.Write(b[:n]); err != nil {
			return
		}
	}
}
