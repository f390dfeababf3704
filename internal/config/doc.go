// Package config reads the environment into one validated structure. It is the only room that reads the
// environment; everybody else is handed what it needs.
//
// It opens no connection and knows no default that depends on the machine.
package config
