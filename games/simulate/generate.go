package simulate

//go:generate go run fairground/cmd/fairground simulate --docs --source ../.. --out ../../docs/games.md
