//go:build !unix

package storagetest

// startCluster has no throwaway server here; DOORWARD_TEST_POSTGRES names one.
func startCluster() (string, error) { return "", errNoServer }
