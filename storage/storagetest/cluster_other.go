//go:build !unix

package storagetest

import "io"

// startCluster has no throwaway server here; DOORWARD_TEST_POSTGRES names one.
func startCluster() (cluster, error) { return cluster{}, errNoServer }

type cluster struct {
	address  string
	lifeline io.WriteCloser
}
