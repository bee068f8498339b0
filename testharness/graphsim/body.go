package graphsim

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
)

// maxBody is the longest body of a request, as sent and uncompressed.
const maxBody = 4 << 20

// readBody reads a request's body, which may be compressed with gzip: the client libraries of msgraph-sdk-* compress by default, and send
// the body again as it is when they are refused with 415 (msgraph-sdk-design, CompressionHandler).
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	sent := http.MaxBytesReader(w, r.Body, maxBody)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		body, err := io.ReadAll(sent)
		return body, unreadable(err)
	case "gzip":
		z, err := gzip.NewReader(sent)
		if err != nil {
			return nil, unreadable(err)
		}
		body, err := io.ReadAll(io.LimitReader(z, maxBody+1))
		if err == nil && len(body) > maxBody {
			err = &http.MaxBytesError{Limit: maxBody}
		}
		return body, unreadable(err)
	default:
		return nil, fail(http.StatusUnsupportedMediaType, "BadRequest", "Unsupported content encoding '%s'.", encoding)
	}
}

// unreadable is the answer to a body that cannot be read: too long, cut off, or not compressed as it says.
func unreadable(err error) *apiError {
	var long *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &long):
		return fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The maximum request length supported is 4MB.")
	default:
		return fail(http.StatusBadRequest, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
}
