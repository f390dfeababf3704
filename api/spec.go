package api

import (
	_ "embed" // the documents are part of the binary
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"fairground/operators"
)

//go:embed gen/openapi.yaml
var specYAML []byte

//go:embed operator/gen/openapi.yaml
var operatorYAML []byte

// What x-permission may say beside the name of a permission.
const (
	permissionPublic  = "public"  // everybody
	permissionSession = "session" // any signed-in operator, API keys excluded
)

// Tags that mean something here.
const (
	tagHooks  = "hooks" // the body is checked by the room it goes to, byte for byte
	tagWallet = "wallet"
	tagSafety = "safety"
)

// operation is one method of one path of a document.
type operation struct {
	id     string
	public bool // needs no token
	hook   bool // takes a raw body
	wallet bool // needs the cashier
	large  bool // takes a body up to maxLargeBody; only after its caller is known
	// permission and stepUp are what the operator document declares; both are empty for others.
	permission string
	stepUp     bool
	query      []string // the names of its query parameters
	route      *routers.Route
}

// operator says that the operation is of the operator document.
func (o operation) operator() bool { return o.permission != "" }

// operations indexes the documents by method and Echo's form of the path.
type operations map[string]operation

func (o operations) find(method, path string) (operation, bool) {
	op, ok := o[method+" "+path]
	return op, ok
}

// loadSpec reads the embedded documents. Every operation of the operators' one must say who may
// use it.
func loadSpec() (operations, error) {
	ops := operations{}
	if err := ops.add("openapi.yaml", specYAML, func(op *operation, doc *openapi3.Operation) error {
		op.hook = slices.Contains(doc.Tags, tagHooks)
		op.wallet = slices.Contains(doc.Tags, tagWallet) || slices.Contains(doc.Tags, tagSafety)
		return nil
	}); err != nil {
		return nil, err
	}
	if err := ops.add("openapi.operator.yaml", operatorYAML, declared); err != nil {
		return nil, err
	}
	return ops, nil
}

// declared reads x-permission and x-step-up. A name that is no permission is an error.
func declared(op *operation, doc *openapi3.Operation) error {
	op.permission, _ = doc.Extensions["x-permission"].(string)
	op.stepUp, _ = doc.Extensions["x-step-up"].(bool)
	op.large, _ = doc.Extensions["x-large-body"].(bool)
	switch {
	case op.permission == permissionSession, slices.Contains(operators.Permissions(), operators.Permission(op.permission)):
	case op.permission == permissionPublic && op.public && !op.stepUp:
	default:
		return fmt.Errorf("%s does not say who may use it: x-permission %q", op.id, op.permission)
	}
	if op.public != (op.permission == permissionPublic) {
		return fmt.Errorf("%s is public in security or in x-permission only", op.id)
	}
	return nil
}

// add reads one document. It is checked as OpenAPI 3.1 and then used for requests under the
// older label: for 3.1 the library compiles a JSON Schema anew for every value, for 3.0 it walks
// the parsed one, and the keywords used here mean the same in both.
func (o operations) add(name string, text []byte, more func(*operation, *openapi3.Operation) error) error {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(text)
	if err != nil {
		return fmt.Errorf("api: read %s: %w", name, err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return fmt.Errorf("api: %s is not valid: %w", name, err)
	}
	doc.OpenAPI = "3.0.3"
	for path, item := range doc.Paths.Map() {
		for method, described := range item.Operations() {
			op := operation{
				id:     described.OperationID,
				public: described.Security != nil && len(*described.Security) == 0,
				query:  queryNames(item.Parameters, described.Parameters),
				route:  &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: described},
			}
			if err := more(&op, described); err != nil {
				return fmt.Errorf("api: %s: %w", name, err)
			}
			o[method+" "+echoPath(path)] = op
		}
	}
	return nil
}

// queryNames lists the query parameters of an operation and its path.
func queryNames(lists ...openapi3.Parameters) []string {
	var names []string
	for _, list := range lists {
		for _, p := range list {
			if p.Value.In == openapi3.ParameterInQuery {
				names = append(names, p.Value.Name)
			}
		}
	}
	return names
}

// echoPath turns /v1/rounds/{round} into /v1/rounds/:round.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}
