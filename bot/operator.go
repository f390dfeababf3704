package bot

import (
	"context"
	"errors"
	"strings"

	"fairground/cashier"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
	"fairground/operators"
)

// errReviewInGroup is a review chat where people play: everybody there would read other people's withdrawals.
var errReviewInGroup = models.E("bot.review_in_group", "people play in this group")

// operatorCommand does a command of operators in the private chat.
func (t *tenantBot) operatorCommand(ctx context.Context, c talk, name string) error {
	w := c.teller()
	var out screen
	var err error
	switch name {
	case "link":
		if len(c.args) == 0 {
			out, err = t.prompt(ctx, w, dialogue{Step: stepLink}, w.voice.say("link.ask"))
			break
		}
		t.erase(ctx, w.chat, int64(c.m.MessageID))
		out, err = t.link(ctx, w, strings.Join(c.args, " "))
	case "unlink":
		out, err = t.unlink(ctx, w)
	}
	if err == nil && out.text != "" {
		t.reply(ctx, c, notify.PriorityReply, out.text, out.kb)
	}
	return err
}

// link makes the person's Telegram account that of an operator.
func (t *tenantBot) link(ctx context.Context, w teller, code string) (screen, error) {
	a, err := t.deps.Operators.LinkTelegram(ctx, t.tenant.ID, w.player.TelegramID, code)
	if err != nil {
		return screen{}, err
	}
	return screen{text: w.voice.say("link.done", vars{"Name": esc(a.Name)})}, t.over(ctx, w)
}

// unlink takes the Telegram account off the operator.
func (t *tenantBot) unlink(ctx context.Context, w teller) (screen, error) {
	a, err := t.operator(ctx, w.player.TelegramID, w.key)
	if err != nil {
		return screen{}, err
	}
	if err := t.deps.Operators.UnlinkTelegram(ctx, a); err != nil {
		return screen{}, err
	}
	return screen{text: w.voice.say("link.undone")}, nil
}

// operator is the authority of a linked operator. It returns operators.ErrNotLinked.
func (t *tenantBot) operator(ctx context.Context, telegramID int64, request string) (operators.Authority, error) {
	a, err := t.deps.Operators.ByTelegram(ctx, t.tenant.ID, telegramID)
	if err == nil {
		a.RequestID = request
		t.known.operators.put(a.OperatorID, a.Name)
	}
	return a, err
}

// reviewChat is where reviewers get their cards, 0 for nowhere.
func (t *tenantBot) reviewChat(ctx context.Context) (int64, error) {
	if chat, ok := t.known.review.get(0); ok {
		return chat, nil
	}
	s, err := t.deps.Cashier.Settings(ctx, t.tenant.ID)
	if err == nil {
		t.known.review.put(0, s.ReviewChat)
	}
	return s.ReviewChat, err
}

// review makes a chat the one where reviewers get their cards, or ends that.
func (t *tenantBot) review(ctx context.Context, c talk) error {
	want := press{Verb: verbReviewChat, Chat: c.m.Chat.ID, Topic: c.m.Topic(), Key: c.key}
	if len(c.args) > 0 && strings.EqualFold(c.args[0], "off") {
		want.Verb = verbReviewOff
	}
	text, err := t.act(ctx, c.user.ID, c.player, c.voice, want)
	if err != nil {
		return err
	}
	t.reply(ctx, c, notify.PriorityReply, esc0(text), nil)
	return nil
}

// setReviewChat does what /review asks for, with an operator's authority.
func (t *tenantBot) setReviewChat(ctx context.Context, a operators.Authority, v voice, p press) (string, error) {
	if p.Verb == verbReviewOff {
		err := t.deps.Cashier.SetReviewChat(ctx, a, 0, 0)
		t.known.review.drop(0)
		return v.say("review.off"), err
	}
	g, err := t.deps.Players.GroupByChat(ctx, t.tenant.ID, p.Chat)
	if err != nil {
		return "", err
	}
	if g.Status == models.GroupActive || g.Status == models.GroupPaused {
		return "", errReviewInGroup
	}
	err = t.deps.Cashier.SetReviewChat(ctx, a, p.Chat, p.Topic)
	t.known.review.drop(0)
	return v.say("review.on"), err
}

// inReviewChat answers a command in the reviewers' chat: nobody plays there. It says whether it did.
func (t *tenantBot) inReviewChat(ctx context.Context, c talk, name string) (bool, error) {
	if name == "review" {
		return true, t.review(ctx, c)
	}
	chat, err := t.reviewChat(ctx)
	if err != nil || chat != c.m.Chat.ID {
		return false, err
	}
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("review.chat"), nil)
	return true, nil
}

// act does what an operator asks for; without a fresh second factor it asks for that in private and goes on from there.
func (t *tenantBot) act(ctx context.Context, user int64, who models.Player, v voice, p press) (string, error) {
	a, err := t.operator(ctx, user, p.Key)
	if err != nil {
		return "", err
	}
	text, err := t.perform(ctx, a, v, p)
	if !errors.Is(err, operators.ErrStepUpRequired) {
		return text, err
	}
	if err := t.current(ctx, a, p); err != nil {
		return "", err
	}
	if err := t.remember(ctx, user, dialogue{Step: stepUp, Press: &p}); err != nil {
		return "", err
	}
	own := t.texts.in(who.Language, t.tenant.Language)
	after := context.WithoutCancel(ctx)
	t.send(ctx, notify.PriorityMoney, telegram.SendMessage{ChatID: user, Text: t.stepUpText(own, p)}, func(_ telegram.Sent, err error) {
		if err == nil || !telegram.Refused(err) {
			return
		}
		t.send(after, notify.PriorityReply, telegram.SendMessage{
			ChatID: p.Chat, ThreadID: p.Topic, Text: v.say("stepup.start", vars{"Name": esc(who.Name)}), Keyboard: t.privateButton(v, "stepup"),
		}, nil)
	})
	return v.say("toast.stepup"), nil
}

// current refuses what the database will refuse anyway, so that nobody is asked for a code in vain: a press on an old card,
// and a second review by the first reviewer.
func (t *tenantBot) current(ctx context.Context, a operators.Authority, p press) error {
	if p.Withdrawal == "" {
		return nil
	}
	x, err := t.deps.Cashier.Withdrawal(ctx, t.tenant.ID, p.Withdrawal)
	switch {
	case err != nil:
		return err
	case x.Version != p.Version:
		t.refreshReview(ctx, p, cashier.ErrStale)
		return cashier.ErrStale
	case x.Status == models.WithdrawalSecondaryReview && x.InitialBy == a.OperatorID:
		return cashier.ErrSamePerson
	}
	return nil
}

// stepUpText asks for a code and says what for.
func (t *tenantBot) stepUpText(v voice, p press) string {
	return v.say("stepup.ask", vars{"Act": v.say("act." + p.Verb), "Withdrawal": p.Withdrawal}) + "\n\n" + v.say("dialogue.cancel")
}

// steppedUp takes an operator's code and does what was asked for.
func (t *tenantBot) steppedUp(ctx context.Context, w teller, d dialogue, code string) (screen, error) {
	if d.Press == nil {
		return screen{text: w.voice.say("private.text")}, t.over(ctx, w)
	}
	a, err := t.operator(ctx, w.player.TelegramID, d.Press.Key)
	if err != nil {
		return screen{}, err
	}
	// A code is good only once: when this message is handled again, it may have been used by itself.
	if !w.again || !a.SteppedUp(t.deps.Clock.Now()) {
		if a, err = t.deps.Operators.StepUp(ctx, a, code); err != nil {
			return screen{}, err
		}
		a.RequestID = d.Press.Key
	}
	text, err := t.perform(ctx, a, w.voice, *d.Press)
	if _, refused := w.voice.refusal(err); err != nil && !refused {
		return screen{}, err
	}
	return screen{text: esc0(text)}, errors.Join(err, t.over(ctx, w))
}

// awaited repeats the question for a code to an operator who opens the private chat. It says whether there was one.
func (t *tenantBot) awaited(ctx context.Context, c talk) (bool, error) {
	d, err := t.dialogue(ctx, c.user.ID)
	if err != nil || d.Step != stepUp || d.Press == nil {
		return false, err
	}
	t.reply(ctx, c, notify.PriorityReply, t.stepUpText(c.voice, *d.Press), nil)
	return true, nil
}
