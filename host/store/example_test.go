package store_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gleis-dev/gleis/host/param"
	"github.com/gleis-dev/gleis/host/store"
	"github.com/gleis-dev/gleis/sdk"
)

// A host opens its memory: the ring learns its keys from the store, the store
// seals with the ring, the parameters use both.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "gleis-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	ring := param.NewKeyRing(param.Master{
		Value: sdk.NewSecret(""), // os.Getenv(param.Variable) in a program
		File:  filepath.Join(dir, "master.key"),
		Rand:  rand.Reader,
	})
	db, err := store.Open(ctx, dir, store.Options{Sealer: ring, Now: time.Now, Owner: "gleis run"})
	if err != nil {
		fmt.Println(err) // says who has the folder, which key is wanted, what to do
		return
	}
	defer db.Close()

	params := param.New(ring, db).Params("m365") // sdk.Env.Params of that connection
	if err := params.Put(ctx, "refresh_token", sdk.NewSecret("secret"), 0); err != nil {
		fmt.Println(err)
		return
	}
	err = params.Put(ctx, "refresh_token", sdk.NewSecret("lost race"), 0)
	fmt.Println(errors.Is(err, sdk.Conflict))

	var leases param.Leases
	release, err := leases.Locker("m365").Lock(ctx, "refresh") // sdk.Env.Locker
	if err != nil {
		fmt.Println(err)
		return
	}
	release()
	// Output: true
}
