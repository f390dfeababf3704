package api

import (
	_ "embed" // the document is part of the binary
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

//go:embed openapi.yaml
var specYAML []byte

// operation is one method of one path of the document.
type operation struct {
	id     string
	public bool // needs no token
	route  *routers.Route
}

// operations indexes the document by method and Echo's form of the path.
type operations map[string]operation

func (o operations) find(method, path string) (operation, bool) {
	op, ok := o[method+" "+path]
	return op, ok
}

// loadSpec reads the embedded document. It is checked as OpenAPI 3.1 and then used for requests
// under the older label: for 3.1 the library compiles a JSON Schema anew for every value, for
// 3.0 it walks the parsed one, and the keywords used here mean the same in both.
func loadSpec() (operations, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(specYAML)
	if err != nil {
		return nil, fmt.Errorf("api: read openapi.yaml: %w", err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("api: openapi.yaml is not valid: %w", err)
	}
	doc.OpenAPI = "3.0.3"
	ops := operations{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			ops[method+" "+echoPath(path)] = operation{
				id:     op.OperationID,
				public: op.Security != nil && len(*op.Security) == 0,
				route:  &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op},
			}
		}
	}
	return ops, nil
}

// echoPath turns /v1/rounds/{round} into /v1/rounds/:round.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}
