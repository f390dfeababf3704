package player

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"fairground/api/gen"
)

// proofAnswer writes a proof that was marshalled once, for its ETag.
type proofAnswer struct {
	body, tag, cache string
	unchanged        bool
}

// VisitGetProofResponse implements the generated response.
func (a proofAnswer) VisitGetProofResponse(w http.ResponseWriter) error {
	w.Header().Set("ETag", a.tag)
	w.Header().Set("Cache-Control", a.cache)
	if a.unchanged {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, err := w.Write([]byte(a.body))
	return err
}

// GetProof publishes all that is needed to recompute a round. A final proof never changes.
func (s *Server) GetProof(ctx context.Context, r gen.GetProofRequestObject) (gen.GetProofResponseObject, error) {
	proof, err := s.engine.Proof(ctx, r.Round)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(proof)
	if err != nil {
		return nil, fmt.Errorf("render a proof: %w", err)
	}
	sum := sha256.Sum256(body)
	a := proofAnswer{body: string(body) + "\n", tag: `"` + hex.EncodeToString(sum[:16]) + `"`, cache: "public, max-age=1"}
	if proof.Status.Final() {
		a.cache = "public, max-age=31536000, immutable"
	}
	a.unchanged = r.Params.IfNoneMatch != nil && matches(*r.Params.IfNoneMatch, a.tag)
	return a, nil
}

// matches reads an If-None-Match: a list of tags, weak ones too, or a star.
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}
