package plugin

import (
	"context"
	"log/slog"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/gleis-dev/gleis/plugin/internal/connend"
	"github.com/gleis-dev/gleis/plugin/internal/hostend"
	"github.com/gleis-dev/gleis/plugin/internal/wire"
	"github.com/gleis-dev/gleis/sdk"
)

// Loop serves c in this process and returns it as a host sees it that has loaded
// it: every call crosses the wire, but no process is started, so clocks, HTTP
// transports and debuggers of the caller reach the connector. ctx bounds the
// start only. The returned function ends it all; calling it again does nothing.
func Loop(ctx context.Context, c sdk.Connector, cfg ServeConfig) (sdk.Connector, func(), error) {
	host := hostend.NewService()
	defaults := sync.OnceValue(cfg.real)
	toHost := bufconn.Listen(1 << 20)
	server := connend.New(connend.Config{
		Connector: c,
		Dial:      func(uint32) (*grpc.ClientConn, error) { return dialLoop(toHost) },
		Local: func(connection string) connend.Local {
			env, _ := host.Env(connection)
			own := cfg.or(ServeConfig{HTTP: env.HTTP, Now: env.Now, Rand: env.Rand}).or(defaults())
			log := env.Log
			if log == nil {
				log = slog.New(slog.DiscardHandler)
			}
			return connend.Local{Log: log, HTTP: own.HTTP, Now: own.Now, Rand: own.Rand}
		},
	})
	toConnector := bufconn.Listen(1 << 20)
	stopConnector := serveLoop(toConnector, server.Register)
	stopHost := serveLoop(toHost, host.Register)
	link, err := dialLoop(toConnector)
	stop := sync.OnceFunc(func() {
		server.CloseAll()
		if link != nil {
			link.Close()
		}
		stopConnector()
		stopHost()
	})
	if err != nil {
		stop()
		return sdk.Connector{}, nil, err
	}
	session := hostend.NewSession(pbClient(link), host, nil)
	session.Name = c.Spec.Name
	session.End = func(reason string) {
		session.SetGone(reason)
		go stop() // not here: a call that is under way may be what ends it
	}
	limits := Limits{}.orDefault()
	spec, caps, err := hostend.Describe(ctx, session, 0, limits)
	if err != nil {
		stop()
		return sdk.Connector{}, nil, err
	}
	same := func(context.Context) (*hostend.Session, error) {
		if reason := session.Reason(); reason != "" {
			return nil, &sdk.Error{Kind: sdk.Unavailable, Code: "connector_gone", Args: map[string]string{"connector": spec.Name}, Err: errGone(reason)}
		}
		return session, nil
	}
	return sdk.Connector{Spec: spec, Caps: caps, Open: func(ctx context.Context, env sdk.Env) (sdk.Conn, error) {
		conn, err := hostend.Open(ctx, spec, limits, same, env)
		if err != nil {
			return nil, err
		}
		return conn, nil
	}}, func() { session.SetGone("the loop was ended"); stop() }, nil
}

func dialLoop(l *bufconn.Listener) (*grpc.ClientConn, error) {
	opts := append(wire.DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(dialContext(l)))
	return grpc.NewClient("passthrough:///loop", opts...)
}

// serveLoop serves in the background and returns what ends it.
func serveLoop(l *bufconn.Listener, register func(grpc.ServiceRegistrar)) func() {
	s := grpc.NewServer(wire.ServerOptions(slog.New(slog.DiscardHandler))...)
	register(s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // returns when the listener is closed, which is how it ends
	}()
	return func() {
		s.Stop()
		l.Close()
		<-done
	}
}
