package events

import "time"

// The events of odds.
const (
	TypeConfigPublished Type = "config.published.v1"
	TypeConfigCancelled Type = "config.cancelled.v1"
)

// ConfigPublished says that a version of a game's config was approved. It is written at that moment: the version is in force
// from EffectiveAt on, unless ConfigCancelled comes before. Returns are parts per million, the lowest and the highest of all
// choices; nil where there is no return to compute.
type ConfigPublished struct {
	Game        string    `json:"game"`
	Version     int       `json:"version"`
	Hash        string    `json:"hash"` // SHA-256 of the canonical config, hex
	ReturnLow   *int64    `json:"return_low_ppm"`
	ReturnHigh  *int64    `json:"return_high_ppm"`
	EffectiveAt time.Time `json:"effective_at"` // UTC
}

// EventType implements Payload.
func (ConfigPublished) EventType() Type { return TypeConfigPublished }

// ConfigCancelled says that a scheduled version was called off before its moment.
type ConfigCancelled struct {
	Game    string `json:"game"`
	Version int    `json:"version"`
}

// EventType implements Payload.
func (ConfigCancelled) EventType() Type { return TypeConfigCancelled }
