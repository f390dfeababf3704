// Package localstack runs what Fairground needs on one machine: PostgreSQL, Redis, Temporal and Fairground's own
// processes, each as a supervised child. It picks every service from its address in the environment, else from a
// binary on the machine, else from an embedded or built fallback, and leaves no child behind.
//
// It knows processes, ports, files and readiness. It knows nothing of tenants, rounds or money, and production
// deployments do not use it.
package localstack
