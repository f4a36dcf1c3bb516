package storage

import (
	"fmt"
	"path/filepath"
	"syscall"
)

// Numbers of file systems (statfs(2)) on which a SQLite file is in danger.
var (
	networkDisks = map[int64]string{
		0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB2", 0x01021997: "9P", 0x00c36400: "Ceph",
		0x5346414f: "AFS", 0x0bd00bd0: "Lustre", 0x01161970: "GFS2", 0x7461636f: "OCFS2",
	}
	memoryDisks = map[int64]string{0x01021994: "tmpfs", 0x858458f6: "ramfs"}
)

// fileSystem judges where a file lies.
func fileSystem(path string) ([]Promise, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(path), &fs); err != nil {
		return nil, fmt.Errorf("look at the file system: %w", err)
	}
	// The size of the numbers' types differs between machines.
	return []Promise{judgeDisk(int64(uint32(fs.Type))), room(uint64(fs.Bavail) * uint64(fs.Bsize))}, nil //nolint:unconvert // see above
}

func judgeDisk(number int64) Promise {
	p := Promise{Name: "file system", Value: fmt.Sprintf("of this machine (%#x)", number)}
	if name := networkDisks[number]; name != "" {
		p.Value = name
		p.Broken = "over a network SQLite's locks and its write-ahead log do not hold"
		p.Remedy = "move the file to a disk of this machine, or keep the data in PostgreSQL"
	}
	if name := memoryDisks[number]; name != "" {
		p.Value, p.Broken, p.Remedy = name, "it lies in memory: everything is gone with the next start of the machine", "move the file to a disk"
	}
	return p
}
