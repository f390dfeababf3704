package games

//go:generate go run fairground/internal/cataloguegen
