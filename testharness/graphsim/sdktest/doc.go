// Command sdktest proves that Microsoft's own client library for Go works with the simulator: it starts `gleis graphsim --tls`, drives every
// part of it through msgraph-sdk-go and azidentity, and lists each call with what was expected and what came.
//
//	go run . -gleis ../../../bin/gleis
//
// It is a module of its own, so that the library is no dependency of the product. Nothing of the library is replaced but the two things a
// user replaces: the addresses, and the certificate that is trusted.
package main
