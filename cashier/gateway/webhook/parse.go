package webhook

import (
	"encoding/json"
	"net/http"
	"time"

	"fairground/cashier/gateway"
)

// maxEvents is the most notices in one callback.
const maxEvents = 100

type callback struct {
	Events []event `json:"events"`
}

type event struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind"`
	Deposit *deposit `json:"deposit"`
	Payout  *payout  `json:"payout"`
}

// ParseWebhook implements gateway.Gateway.
func (g *Gateway) ParseWebhook(header http.Header, body []byte, now time.Time) ([]gateway.Notice, error) {
	if err := Verify(g.secret, header, body, now); err != nil {
		return nil, err
	}
	var said callback
	if json.Unmarshal(body, &said) != nil || len(said.Events) == 0 || len(said.Events) > maxEvents {
		return nil, gateway.ErrMalformed
	}
	notices := make([]gateway.Notice, 0, len(said.Events))
	for _, e := range said.Events {
		switch {
		case e.ID == "":
			return nil, gateway.ErrMalformed
		case e.Kind == string(gateway.NoticeDeposit) && e.Deposit != nil && e.Deposit.valid():
			notices = append(notices, e.Deposit.notice(e.ID, body))
		case e.Kind == string(gateway.NoticePayout) && e.Payout != nil && e.Payout.valid():
			notices = append(notices, e.Payout.notice(e.ID, body))
		default:
			return nil, gateway.ErrMalformed
		}
	}
	return notices, nil
}
