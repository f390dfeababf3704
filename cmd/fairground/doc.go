// Command fairground is the whole product in one binary: up starts everything on one machine; api, bot and worker
// are the processes of a deployment; migrate, tenant, seed, verify and audit are tools beside them.
//
// It constructs and wires. Rules live in the domain rooms, processes of the local stack in internal/localstack.
package main
