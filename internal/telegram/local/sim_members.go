package local

import (
	"net/http"
	"slices"
)

// MemberInput says who stands how in a group. User may be a bot.
type MemberInput struct {
	Chat   int64  `json:"chat"`
	User   int64  `json:"user"`
	Status string `json:"status,omitempty"` // member (the default), administrator, creator, restricted, left, kicked
	By     int64  `json:"by,omitempty"`     // who did it
}

// MemberInfo is somebody's standing after a change.
type MemberInfo struct {
	Chat   int64  `json:"chat"`
	User   int64  `json:"user"`
	Status string `json:"status"`
}

// simMember is POST /sim/members.
func (s *Server) simMember(req *http.Request) (any, error) {
	var in MemberInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	if in.Status == "" {
		in.Status = statusMember
	}
	return s.changeMember(in)
}

// simJoin is POST /sim/join: a person comes in, as member unless there already.
func (s *Server) simJoin(req *http.Request) (any, error) {
	var in MemberInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	r, err := s.group(in.Chat)
	here := err == nil && present(r.status(in.User))
	if here {
		in.Status = r.status(in.User)
	} else {
		in.Status = statusMember
	}
	s.mu.Unlock()
	return s.changeMember(in)
}

// simLeave is POST /sim/leave.
func (s *Server) simLeave(req *http.Request) (any, error) {
	var in MemberInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	in.Status = statusLeft
	return s.changeMember(in)
}

// changeMember checks and applies a change.
func (s *Server) changeMember(in MemberInput) (any, error) {
	known := []string{statusMember, statusAdministrator, statusCreator, statusRestricted, statusLeft, statusKicked}
	if !slices.Contains(known, in.Status) {
		return nil, invalid("status", "must be one of %v", known)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.group(in.Chat)
	if err != nil {
		return nil, err
	}
	if r.MigratedTo != 0 {
		return nil, refused("chat", "became the supergroup %d", r.MigratedTo)
	}
	if s.world.user(in.User) == nil {
		return nil, missing("user", "there is no person and no bot %d", in.User)
	}
	by := s.world.user(in.By)
	if in.By != 0 && by == nil {
		return nil, missing("by", "there is no person %d", in.By)
	}
	s.setMember(r, in.User, in.Status, by)
	return MemberInfo{Chat: r.ID, User: in.User, Status: r.status(in.User)}, nil
}

// BlockInput blocks or unblocks a bot for a person.
type BlockInput struct {
	User    int64 `json:"user"`
	Bot     int64 `json:"bot"`
	Blocked bool  `json:"blocked"`
}

// simBlock is POST /sim/block.
func (s *Server) simBlock(req *http.Request) (any, error) {
	var in BlockInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	who, err := s.person(in.User)
	if err != nil {
		return nil, err
	}
	if s.world.Bots[in.Bot] == nil {
		return nil, missing("bot", "there is no bot %d", in.Bot)
	}
	r, err := s.view(who, in.Bot)
	if err != nil {
		return nil, err
	}
	s.setBlocked(r, in.Blocked)
	return s.chatInfo(r, who), nil
}

// MigrateInput names the basic group that becomes a supergroup.
type MigrateInput struct {
	Chat int64 `json:"chat"`
	By   int64 `json:"by,omitempty"`
}

// simMigrate is POST /sim/migrate.
func (s *Server) simMigrate(req *http.Request) (any, error) {
	var in MigrateInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.group(in.Chat)
	if err != nil {
		return nil, err
	}
	if r.Type != chatGroup || r.MigratedTo != 0 {
		return nil, refused("chat", "is not a basic group, or was migrated already")
	}
	return s.chatInfo(s.migrate(r, s.world.user(in.By)), nil), nil
}
