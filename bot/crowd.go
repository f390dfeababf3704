package bot

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"fairground/internal/telegram"
)

const (
	// crowdFrom is how many people of a batch must be unknown to be read together.
	crowdFrom = 2
	// crowdRounds is how many rounds of a batch are read before its taps ask for them.
	crowdRounds = 4
	// warmConnections are opened before the first update: a crowd that meets a bot that has just
	// started must not wait for them.
	warmConnections = 6
)

// gather reads at once what the taps of a batch are about to ask for one by one: the people
// with their memberships, the group and the round. What it cannot read the taps read themselves.
func (t *tenantBot) gather(ctx context.Context, batch []telegram.Update) {
	unknown := map[int64]map[int64]bool{} // people by chat
	rounds := map[string]bool{}
	for _, u := range batch {
		q := u.CallbackQuery
		if q == nil || q.From == nil || q.Message == nil || q.Message.Chat == nil || q.Message.Chat.ID > 0 {
			continue
		}
		chat := q.Message.Chat.ID
		if p, ok := t.known.people.get(q.From.ID); ok {
			if g, ok := t.known.groups.get(chat); ok {
				if _, ok := t.known.members.get(groupPlayer{g.ID, p.ID}); ok {
					continue
				}
			}
		}
		if unknown[chat] == nil {
			unknown[chat] = map[int64]bool{}
		}
		unknown[chat][q.From.ID] = true
		if _, rest, ok := strings.Cut(q.Data, ":r_"); ok {
			id, _, _ := strings.Cut(rest, ":")
			rounds["r_"+id] = true
		}
	}
	var reads sync.WaitGroup
	for chat, people := range unknown {
		if len(people) >= crowdFrom {
			reads.Go(func() { t.gatherPeople(ctx, chat, people) })
			reads.Go(func() { _, _ = t.group(ctx, chat) }) // a tap asks again and reports
		}
	}
	if len(rounds) <= crowdRounds && len(batch) >= crowdFrom {
		for id := range rounds {
			reads.Go(func() { _, _ = t.facts(ctx, id) }) // as above
		}
	}
	reads.Wait()
}

func (t *tenantBot) gatherPeople(ctx context.Context, chat int64, people map[int64]bool) {
	ids := make([]int64, 0, len(people))
	for id := range people {
		ids = append(ids, id)
	}
	found, err := t.deps.Players.KnownInChat(ctx, t.tenant.ID, chat, ids)
	if err != nil {
		t.log.DebugContext(ctx, "a crowd was not read at once", slog.Any("error", err))
		return
	}
	for _, k := range found {
		t.known.people.put(k.Player.TelegramID, k.Player)
		if k.Member != nil {
			t.known.members.put(groupPlayer{k.Member.GroupID, k.Player.ID}, *k.Member)
		}
	}
}

// warm opens database connections and prepares what a tap needs on them.
func (t *tenantBot) warm(ctx context.Context) {
	var held sync.WaitGroup
	for range warmConnections {
		held.Go(func() {
			if err := t.intake.inbox.Warm(ctx); err != nil && ctx.Err() == nil {
				t.log.DebugContext(ctx, "a connection could not be warmed", slog.Any("error", err))
			}
			t.gatherPeople(ctx, 0, nil)
		})
	}
	held.Wait()
}
