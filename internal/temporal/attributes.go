package temporal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// GroupID is the search attribute with a group's public id.
func GroupID() temporal.SearchAttributeKeyKeyword {
	return temporal.NewSearchAttributeKeyKeyword("GroupId")
}

// GameType is the search attribute with a game's name.
func GameType() temporal.SearchAttributeKeyKeyword {
	return temporal.NewSearchAttributeKeyKeyword("GameType")
}

// DueAt is the search attribute with the instant (UTC) at which the run's next step is due.
func DueAt() temporal.SearchAttributeKeyTime {
	return temporal.NewSearchAttributeKeyTime("DueAt")
}

// PlayerID is the search attribute with a player's public id.
func PlayerID() temporal.SearchAttributeKeyKeyword {
	return temporal.NewSearchAttributeKeyKeyword("PlayerId")
}

// Stage is the search attribute with the status of a withdrawal, or where another long run stands.
func Stage() temporal.SearchAttributeKeyKeyword {
	return temporal.NewSearchAttributeKeyKeyword("Stage")
}

// AmountMinor is the search attribute with an amount of money in minor units.
func AmountMinor() temporal.SearchAttributeKeyInt64 {
	return temporal.NewSearchAttributeKeyInt64("AmountMinor")
}

// Flags is the search attribute with the words that make a run worth a look.
func Flags() temporal.SearchAttributeKeyKeywordList {
	return temporal.NewSearchAttributeKeyKeywordList("Flags")
}

// SearchAttributes lists the search attributes the product sets, by name. A development server
// takes them at start; EnsureSearchAttributes adds them to any other.
func SearchAttributes() map[string]enums.IndexedValueType {
	keys := []temporal.SearchAttributeKey{GroupID(), GameType(), DueAt(), PlayerID(), Stage(), AmountMinor(), Flags()}
	out := make(map[string]enums.IndexedValueType, len(keys))
	for _, k := range keys {
		out[k.GetName()] = k.GetValueType()
	}
	return out
}

// AttributeFlags are SearchAttributes as a development server's command line takes them: Name=Type.
func AttributeFlags() []string {
	var flags []string
	for name, kind := range SearchAttributes() {
		flags = append(flags, name+"="+kind.String())
	}
	slices.Sort(flags)
	return flags
}

// EnsureSearchAttributes adds the search attributes that the namespace lacks. It may be called any
// number of times and by several processes at once. Temporal Cloud refuses the call: there the
// attributes are made with its own tools beforehand, and the refusal is an error only if some are missing
// when a run starts.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	operator := c.OperatorService()
	have, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return forgiveRefusal(fmt.Errorf("list search attributes: %w", err))
	}
	missing := SearchAttributes()
	for name := range have.GetCustomAttributes() {
		delete(missing, name)
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: missing,
	})
	var exists *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return forgiveRefusal(fmt.Errorf("add search attributes: %w", err))
	}
	return nil
}

// forgiveRefusal turns "you may not" into success: whoever may not add attributes has them added
// by somebody who may.
func forgiveRefusal(err error) error {
	var denied *serviceerror.PermissionDenied
	var unimplemented *serviceerror.Unimplemented
	if errors.As(err, &denied) || errors.As(err, &unimplemented) {
		return nil
	}
	return err
}
