// Package manual is the gateway without a machine: an operator pays and records the reference, and a deposit is a text that
// tells the player how to pay.
//
// What lives here: the text. What may not: any call to anybody.
package manual
