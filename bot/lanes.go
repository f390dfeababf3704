package bot

import "sync"

// maxAtOnce is how many updates of one bot are handled at the same time.
const maxAtOnce = 64

// lanes handle work side by side and keep the order of one person's work.
type lanes struct {
	mu      sync.Mutex
	waiting map[int64][]func() // by person; a lane that exists is running
	slots   chan struct{}
	running sync.WaitGroup
}

func newLanes() *lanes {
	return &lanes{waiting: map[int64][]func(){}, slots: make(chan struct{}, maxAtOnce)}
}

// do queues work behind the same person's earlier work and returns at once.
func (l *lanes) do(person int64, work func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue, busy := l.waiting[person]
	l.waiting[person] = append(queue, work)
	if !busy {
		l.running.Go(func() { l.drive(person) })
	}
}

// drive works one lane off and closes it.
func (l *lanes) drive(person int64) {
	for {
		l.mu.Lock()
		queue := l.waiting[person]
		if len(queue) == 0 {
			delete(l.waiting, person)
			l.mu.Unlock()
			return
		}
		l.waiting[person] = queue[1:]
		l.mu.Unlock()
		l.slots <- struct{}{}
		queue[0]()
		<-l.slots
	}
}

// wait returns when everything queued is done.
func (l *lanes) wait() { l.running.Wait() }
