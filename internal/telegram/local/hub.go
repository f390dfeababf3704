package local

import "sync"

// event is one thing the page shows at once.
type event struct {
	Type    string     `json:"type"` // hello, message, edited, deleted, action, chats, log, resync
	Boot    string     `json:"boot,omitempty"`
	Room    string     `json:"room,omitempty"`
	Message *Message   `json:"message,omitempty"`
	Action  string     `json:"action,omitempty"`
	From    string     `json:"from,omitempty"`
	Log     *CallEntry `json:"log,omitempty"`
}

// hubBuffer is how far a page may fall behind before it has to load everything again.
const hubBuffer = 512

// hub hands events to the open pages. It never waits for one.
type hub struct {
	mu   sync.Mutex
	subs map[*subscriber]struct{}
}

type subscriber struct {
	events chan event
	missed bool
}

func newHub() *hub { return &hub{subs: map[*subscriber]struct{}{}} }

func (h *hub) subscribe() *subscriber {
	s := &subscriber{events: make(chan event, hubBuffer)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs[s] = struct{}{}
	return s
}

func (h *hub) leave(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs, s)
}

// publish gives the event to everybody who has room for it; the others are told to resync.
func (h *hub) publish(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		if s.missed {
			select {
			case s.events <- event{Type: "resync"}:
				s.missed = false
			default:
				continue
			}
		}
		select {
		case s.events <- e:
		default:
			s.missed = true
		}
	}
}
