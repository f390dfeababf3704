package games

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"fairground/games/game"
	"fairground/games/simulate"
	"fairground/operators"
)

// Diff is what a draft changes in the version in force.
type Diff struct {
	Draft   string
	Base    int // the version that the draft was compared with when it was written or rebased
	Live    int // the version in force, which this is compared with
	Fields  []FieldChange
	Returns []ReturnChange
	Before  simulate.Report
	After   *simulate.Report // nil while a draft whose return can't be enumerated was never simulated
}

// FieldChange is one value of the config that differs.
type FieldChange struct {
	Path   string          // JSON Pointer (RFC 6901)
	Op     string          // add, remove or replace
	Before json.RawMessage // nil for add
	After  json.RawMessage // nil for remove
}

// ReturnChange is what one choice returns before and after; nil where the choice is not offered or not known.
type ReturnChange struct {
	Choice        string
	Before, After *game.Return
}

// DiffDraft compares a draft with the version in force, field by field and return by choice. It needs games.read. It returns
// ErrDraftNotFound.
func (e *Engine) DiffDraft(ctx context.Context, a operators.Authority, id string) (Diff, error) {
	d, err := e.Draft(ctx, a, id)
	if err != nil {
		return Diff{}, err
	}
	live, err := e.currentConfig(ctx, a.Tenant, d.Game)
	if err != nil {
		return Diff{}, err
	}
	out := Diff{Draft: d.ID, Base: d.BaseVersion, Live: live.row.Version}
	if out.Fields, err = diffConfigs(live.row.Config, d.Config); err != nil {
		return Diff{}, fmt.Errorf("compare draft %s: %w", id, err)
	}
	if out.Before, err = e.returnsOf(d.Game, live.row.Hash, live.row.Config); err != nil {
		return Diff{}, err
	}
	if d.Simulation != nil {
		out.After = &d.Simulation.Report
	} else if out.After, err = quickReturns(e.games[d.Game], d.Config); err != nil {
		return Diff{}, err
	}
	out.Returns = diffReturns(out.Before, out.After)
	return out, nil
}

func diffReturns(before simulate.Report, after *simulate.Report) []ReturnChange {
	changes := []ReturnChange{}
	for _, r := range before.Returns {
		changes = append(changes, ReturnChange{Choice: r.Choice, Before: &r})
	}
	if after == nil {
		return changes
	}
	for _, r := range after.Returns {
		i := slices.IndexFunc(changes, func(c ReturnChange) bool { return c.Choice == r.Choice })
		if i < 0 {
			i, changes = len(changes), append(changes, ReturnChange{Choice: r.Choice})
		}
		changes[i].After = &r
	}
	return changes
}

// diffConfigs lists the values that differ, by path.
func diffConfigs(before, after json.RawMessage) ([]FieldChange, error) {
	old, err := leaves(before)
	if err != nil {
		return nil, err
	}
	now, err := leaves(after)
	if err != nil {
		return nil, err
	}
	changes := []FieldChange{}
	for path, value := range old {
		switch to, ok := now[path]; {
		case !ok:
			changes = append(changes, FieldChange{Path: path, Op: "remove", Before: value})
		case !bytes.Equal(value, to):
			changes = append(changes, FieldChange{Path: path, Op: "replace", Before: value, After: to})
		}
	}
	for path, value := range now {
		if _, ok := old[path]; !ok {
			changes = append(changes, FieldChange{Path: path, Op: "add", After: value})
		}
	}
	slices.SortFunc(changes, func(a, b FieldChange) int { return strings.Compare(a.Path, b.Path) })
	return changes, nil
}

// leaves are a document's values that hold no others, by JSON Pointer. An empty object or list is a value.
func leaves(document json.RawMessage) (map[string]json.RawMessage, error) {
	canonical, err := Canonical(document)
	if err != nil {
		return nil, err
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(canonical))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("read a config: %w", err)
	}
	out := map[string]json.RawMessage{}
	return out, collectLeaves(out, "", value)
}

func collectLeaves(out map[string]json.RawMessage, path string, value any) error {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := collectLeaves(out, path+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key), v[key]); err != nil {
				return err
			}
		}
		if len(v) > 0 {
			return nil
		}
	case []any:
		for i, item := range v {
			if err := collectLeaves(out, path+"/"+strconv.Itoa(i), item); err != nil {
				return err
			}
		}
		if len(v) > 0 {
			return nil
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write a value: %w", err)
	}
	out[path] = text
	return nil
}
