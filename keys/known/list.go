package known

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// The packed list is a set of 32 bits of each password's SHA-256. The first 16 choose one of 65,536 drawers, the others are
// kept in it: one byte a drawer says how many it holds, then come the contents of all, sorted.
const drawers = 1 << 16

func place(p string) (int, uint16) {
	sum := sha256.Sum256([]byte(p))
	return int(binary.BigEndian.Uint16(sum[:])), binary.BigEndian.Uint16(sum[2:])
}

// starts are where the contents of each drawer begin, and behind the last one where they end.
var starts = sync.OnceValue(func() *[drawers + 1]uint32 {
	var at [drawers + 1]uint32
	for i := range drawers {
		at[i+1] = at[i] + uint32(packed[i])
	}
	return &at
})

// listed looks in one drawer, which holds four on average.
func listed(p string) bool {
	drawer, rest := place(p)
	at := starts()
	for i := at[drawer]; i < at[drawer+1]; i++ {
		from := drawers + 2*i
		if rest == uint16(packed[from])<<8|uint16(packed[from+1]) {
			return true
		}
	}
	return false
}

// Pack makes the list of those passwords that it is to hold, and says how many they are. The same ones give the same bytes.
func Pack(passwords []string) ([]byte, int) {
	contents := make([]map[uint16]bool, drawers)
	kept := map[string]bool{}
	for _, p := range passwords {
		p = strings.ToLower(p)
		n := utf8.RuneCountInString(p)
		if n < core || n < shortest && bare(p) != p || kept[p] {
			continue
		}
		kept[p] = true
		drawer, rest := place(p)
		if contents[drawer] == nil {
			contents[drawer] = map[uint16]bool{}
		}
		if len(contents[drawer]) < 255 { // what one byte counts to; a drawer never holds as many
			contents[drawer][rest] = true
		}
	}
	list := make([]byte, drawers)
	for i, drawer := range contents {
		list[i] = byte(len(drawer))
		for _, rest := range slices.Sorted(maps.Keys(drawer)) {
			list = binary.BigEndian.AppendUint16(list, rest)
		}
	}
	return list, len(kept)
}
