package main

import (
	"context"
	"fmt"

	"fairground/ledger"
	"fairground/models"
	"fairground/players"
)

// crowdSize is how many people the page's crowd button sends.
const crowdSize = 50

// gatherCrowd makes the people of the crowd button members with their first points, written directly: fifty answers
// to /start would use up the group's message limit for minutes.
func (d *demo) gatherCrowd(ctx context.Context, tenant, chat int64) error {
	group, err := d.rooms.players.GroupByChat(ctx, tenant, chat)
	if err != nil {
		return fmt.Errorf("find the group: %w", err)
	}
	people, err := d.sim.CrowdUsers(ctx, chat, crowdSize)
	if err != nil {
		return fmt.Errorf("gather a crowd: %w", err)
	}
	for _, person := range people {
		player, err := d.rooms.players.UpsertPlayer(ctx, tenant, players.TelegramUser{
			ID: person.ID, Name: person.FirstName, Username: person.Username, Language: person.LanguageCode,
		})
		if err != nil {
			return fmt.Errorf("add %s: %w", person.FirstName, err)
		}
		if err := d.rooms.players.SetMember(ctx, tenant, group.ID, player.ID, models.MemberMember); err != nil {
			return fmt.Errorf("add %s: %w", person.FirstName, err)
		}
		_, err = d.rooms.ledger.Grant(ctx, ledger.GrantRequest{
			Tenant: tenant, Group: group.ID, Player: player.ID, Amount: 1000, Key: "welcome", Kind: "welcome",
		})
		if err != nil {
			return fmt.Errorf("give %s points: %w", person.FirstName, err)
		}
	}
	return nil
}
