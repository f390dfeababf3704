package api

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"

	"fairground/models"
)

// validate checks a request's parameters and body against the document. The body keeps the
// value it was checked as, so the generated code does not decode it a second time.
func (s *server) validate(next echo.HandlerFunc) echo.HandlerFunc {
	options := &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, // authenticate did it
		KeepValidatedValue: true,
	}
	return func(c echo.Context) error {
		op, ok := s.operations.find(c.Request().Method, c.Path())
		if !ok || op.id == hotOperation || op.hook {
			return next(c)
		}
		if err := checkRequest(c, op, options); err != nil {
			return err
		}
		return next(c)
	}
}

func checkRequest(c echo.Context, op operation, options *openapi3filter.Options) error {
	if err := checkQuery(c, op); err != nil {
		return err
	}
	params := make(map[string]string, len(c.ParamNames()))
	for i, name := range c.ParamNames() {
		params[name] = c.ParamValues()[i]
	}
	err := openapi3filter.ValidateRequest(c.Request().Context(), &openapi3filter.RequestValidationInput{
		Request: c.Request(), PathParams: params, Route: op.route, Options: options,
	})
	if err != nil {
		return explainInvalid(err)
	}
	return checkWhole(c.Request())
}

// checkQuery refuses a parameter that the operation does not have: a misspelt filter must not show everything.
func checkQuery(c echo.Context, op operation) error {
	for _, name := range slices.Sorted(maps.Keys(c.QueryParams())) {
		if !slices.Contains(op.query, name) {
			if !plainName.MatchString(name) {
				name = "query"
			}
			return invalid(name, "leave it out; known are: "+strings.Join(op.query, ", "))
		}
	}
	return nil
}

// checkWhole refuses what follows the first JSON value of a body; the library ignores it.
func checkWhole(r *http.Request) error {
	if r.GetBody == nil {
		return nil
	}
	body, err := r.GetBody()
	if err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err != nil || len(data) == 0 || json.Valid(data) {
		return err
	}
	return invalid("body", "one JSON value and nothing behind it")
}

// explainInvalid names the field and what it should have been. It never repeats the value.
func explainInvalid(err error) error {
	var request *openapi3filter.RequestError
	if !errors.As(err, &request) {
		return err
	}
	out := &models.Error{Code: codeInvalidRequest, Message: "the request does not follow the document"}
	if request.Parameter != nil {
		out.Field = request.Parameter.Name
	}
	var schema *openapi3.SchemaError
	var parse *openapi3filter.ParseError
	switch {
	case errors.As(err, &schema):
		if path := schema.JSONPointer(); request.Parameter == nil && len(path) > 0 {
			out.Field = strings.Join(path, ".")
		}
		out.Fix = schema.Reason
		if unknown := unknownProperty(schema); unknown != "" {
			out.Field, out.Fix = unknown, "leave it out"
		}
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		out.Fix = "it is required"
	case errors.As(err, &parse):
		if strings.HasPrefix(request.Reason, "header Content-Type") {
			return &models.Error{Code: codeMediaType}
		}
		out.Fix = "it can't be read as the type it should have"
	case strings.HasPrefix(request.Reason, "header Content-Type"):
		return &models.Error{Code: codeMediaType}
	case request.Reason == "reading failed":
		return request.Err
	}
	if out.Field == "" {
		out.Field = "body"
	}
	return out
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// unknownProperty is the first property that the document does not have, if that is what is wrong.
func unknownProperty(e *openapi3.SchemaError) string {
	object, ok := e.Value.(map[string]any)
	if !ok || e.SchemaField != "properties" {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if _, known := e.Schema.Properties[name]; !known && plainName.MatchString(name) {
			return strings.Join(append(e.JSONPointer(), name), ".")
		}
	}
	return ""
}
