package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
)

// describe puts an error of the library into a few words: status and code of Graph, or error and AADSTS code of the identity platform.
func describe(err error) string {
	var graph *odataerrors.ODataError
	if errors.As(err, &graph) {
		code := ""
		if e := graph.GetErrorEscaped(); e != nil {
			code = str(e.GetCode())
		}
		return fmt.Sprintf("%d %s", graph.ResponseStatusCode, code)
	}
	var login *azidentity.AuthenticationFailedError
	if errors.As(err, &login) {
		return describeLogin(login)
	}
	var api *abstractions.ApiError
	if errors.As(err, &api) {
		return fmt.Sprintf("%d %s", api.ResponseStatusCode, api.Message)
	}
	return err.Error()
}

// graphErrors tells the library what errors of Graph look like where it does not know it by itself.
func graphErrors() abstractions.ErrorMappings {
	return abstractions.ErrorMappings{"4XX": odataerrors.CreateODataErrorFromDiscriminatorValue, "5XX": odataerrors.CreateODataErrorFromDiscriminatorValue}
}

func describeLogin(err *azidentity.AuthenticationFailedError) string {
	if err.RawResponse != nil && err.RawResponse.Body != nil {
		var body struct {
			Error string `json:"error"`
			Codes []int  `json:"error_codes"`
		}
		if raw, e := io.ReadAll(err.RawResponse.Body); e == nil && json.Unmarshal(raw, &body) == nil && len(body.Codes) > 0 {
			return fmt.Sprintf("%d %s AADSTS%d", err.RawResponse.StatusCode, body.Error, body.Codes[0])
		}
	}
	if code := regexp.MustCompile(`AADSTS\d+`).FindString(err.Error()); code != "" {
		return code
	}
	return err.Error()
}

func ptr[T any](v T) *T { return &v }

// str is what a pointer of the library points at, "" for none.
func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
