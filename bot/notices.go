package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairground/cashier"
	"fairground/notify"
	"fairground/operators"
	"fairground/players"
)

// told is what a notice of this file carries.
type told struct {
	Incident string                 `json:"incident"`
	Status   cashier.IncidentStatus `json:"status"`
	Item     string                 `json:"item"`
	Unit     string                 `json:"unit"`
	Round    string                 `json:"round"`

	What     string     `json:"what"`
	At       time.Time  `json:"at"`
	Until    *time.Time `json:"until"`
	Masked   string     `json:"masked"`
	Asset    string     `json:"asset"`
	UsableAt time.Time  `json:"usable_at"`
}

// deliverTold sends a notice that is a message of its own: to the reviewers what needs one of them, to a player what somebody
// else may have done with their Telegram account.
func (t *tenantBot) deliverTold(ctx context.Context, n notify.Notice, done func(error)) {
	var what told
	if err := json.Unmarshal(n.Payload, &what); err != nil {
		done(fmt.Errorf("%w: kind %q", notify.ErrDrop, n.Kind))
		return
	}
	if n.Kind == kindIncident || n.Kind == kindQuarantine {
		// The reviewers may have moved since it was written, and nobody is told in a chat that is not theirs any more.
		s, err := t.deps.Cashier.Settings(ctx, t.tenant.ID)
		if err != nil || s.ReviewChat == 0 {
			done(err)
			return
		}
		n.ChatID, n.TopicID = s.ReviewChat, topicOf(s.ReviewTopic)
	}
	// A notice whose sending was not noted comes again.
	subject := "notice:" + strconv.FormatInt(n.ID, 10)
	sent, err := t.cards.Message(ctx, subject, n.ChatID)
	if err != nil || sent != 0 {
		done(err)
		return
	}
	text, err := t.toldText(ctx, n, what)
	if err != nil || text == "" {
		done(err)
		return
	}
	card := cardShown{chat: n.ChatID, text: text, keep: func(ctx context.Context, message int64) error {
		return t.cards.Set(ctx, subject, n.ChatID, message)
	}}
	if n.TopicID != nil {
		card.topic = *n.TopicID
	}
	t.sendCard(context.WithoutCancel(ctx), card, done)
}

// toldText is the message; empty when there is nothing left to say.
func (t *tenantBot) toldText(ctx context.Context, n notify.Notice, what told) (string, error) {
	switch n.Kind {
	case kindProof, kindAddressAdded, kindAddressRemoved:
		return t.warning(ctx, n, what)
	}
	if n.Kind == kindJackpot {
		return t.potText(ctx, n.ChatID, what.Round)
	}
	if n.Kind == kindItemReceived || n.Kind == kindItemInsured {
		return t.itemText(ctx, n, what.Unit)
	}
	v := t.reviewVoice(ctx, n.ChatID)
	if n.Kind == kindQuarantine {
		return t.quarantineText(ctx, v, what.Item)
	}
	if what.Incident == "" {
		return t.incidentsText(ctx, v)
	}
	return t.incidentText(ctx, v, what)
}

// incidentText is what happened, since when, whether payouts go on, and who does what about it.
func (t *tenantBot) incidentText(ctx context.Context, v voice, what told) (string, error) {
	i, err := t.deps.Cashier.Incident(ctx, t.tenant.ID, what.Incident)
	if err != nil {
		return "", err
	}
	if what.Status == cashier.IncidentOpen && i.Status != cashier.IncidentOpen {
		return "", nil // its end has a notice of its own
	}
	name, ok := v.try("incident.kind." + i.Kind)
	if !ok {
		name = esc(i.Kind)
	}
	if i.Status == cashier.IncidentResolved {
		by, err := t.operatorName(ctx, i.ResolvedBy)
		if err != nil {
			return "", err
		}
		return t.andPayouts(ctx, v, v.say("incident.resolved", vars{"Incident": i.ID, "What": name, "By": esc(by)}), "")
	}
	line := v.say("incident.open", vars{"Incident": i.ID, "What": name, "Since": moment(i.OpenedAt)})
	return t.andPayouts(ctx, v, line, v.say("incident.do", vars{"Who": whoMay(operators.IncidentsResolve), "Incident": i.ID}))
}

// incidentsText is one message for many incidents.
func (t *tenantBot) incidentsText(ctx context.Context, v voice) (string, error) {
	open, err := t.deps.Cashier.OpenIncidents(ctx, t.tenant.ID)
	if err != nil || open.Open == 0 {
		return "", err
	}
	line := v.say("incident.many", vars{"N": open.Open, "Stopping": open.Stopping, "Since": moment(open.Since)})
	return t.andPayouts(ctx, v, line, v.say("incident.do_many", vars{"Who": whoMay(operators.IncidentsResolve)}))
}

// quarantineText says how many payments wait, and names the only one.
func (t *tenantBot) quarantineText(ctx context.Context, v voice, item string) (string, error) {
	n, since, err := t.deps.Cashier.QuarantineWaits(ctx, t.tenant.ID)
	if err != nil || n == 0 {
		return "", err
	}
	line := v.say("quarantine.many", vars{"N": n, "Since": moment(since)})
	if n == 1 && item != "" {
		q, err := t.deps.Cashier.Quarantine(ctx, t.tenant.ID, item)
		if err != nil {
			return "", err
		}
		why, ok := v.try("quarantine.why." + string(q.Why))
		if !ok {
			why = esc(string(q.Why))
		}
		line = v.say("quarantine.one", vars{"Item": q.ID, "Amount": esc(v.sum(q.Amount, q.Scale, q.Asset)), "Why": why, "Since": moment(q.ReceivedAt)})
	}
	return t.andPayouts(ctx, v, line, v.say("quarantine.do", vars{"Who": whoMay(operators.DepositsResolve)}))
}

// andPayouts adds whether payouts are stopped, and what to do.
func (t *tenantBot) andPayouts(ctx context.Context, v voice, line, do string) (string, error) {
	stopped, err := t.deps.Cashier.PayoutsStopped(ctx, t.tenant.ID)
	if err != nil {
		return "", err
	}
	state := v.say("payouts.running")
	if stopped {
		state = v.say("payouts.stopped")
	}
	lines := []string{line, "<b>" + state + "</b>"}
	if do != "" {
		lines = append(lines, do)
	}
	return strings.Join(lines, "\n"), nil
}

// whoMay are the roles that have a permission.
func whoMay(p operators.Permission) string {
	var roles []string
	for role, has := range operators.Matrix() {
		if slices.Contains(has, p) {
			roles = append(roles, string(role))
		}
	}
	slices.Sort(roles)
	return strings.Join(roles, ", ")
}

// warning tells a player what was changed, so that a thief is noticed.
func (t *tenantBot) warning(ctx context.Context, n notify.Notice, what told) (string, error) {
	owner, err := t.deps.Players.PlayerByTelegram(ctx, t.tenant.ID, n.ChatID)
	if errors.Is(err, players.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	v := t.texts.in(owner.Language, t.tenant.Language)
	var lines []string
	switch n.Kind {
	case kindAddressAdded:
		lines = []string{v.say("address.notice.added", vars{
			"To": esc(what.Masked), "Asset": esc(strings.ToUpper(what.Asset)), "At": moment(what.At), "Usable": moment(what.UsableAt),
		})}
	case kindAddressRemoved:
		lines = []string{v.say("address.notice.removed", vars{"To": esc(what.Masked), "Asset": esc(strings.ToUpper(what.Asset)), "At": moment(what.At)})}
	default:
		line, ok := v.try("credential.notice."+what.What, vars{"At": moment(what.At)})
		if !ok {
			return "", fmt.Errorf("%w: %q", notify.ErrDrop, what.What)
		}
		lines = []string{line}
		if what.Until != nil && what.Until.After(t.deps.Clock.Now()) {
			lines = append(lines, v.say("credential.until", vars{"At": moment(*what.Until)}))
		}
	}
	return strings.Join(append(lines, v.say("notice.thief")), "\n"), nil
}
