package keys

// Chain makes and checks the links of the log's chain: whoever writes the database alone has no key to link what they changed.
// It implements storage.Linker. A link outlives the epoch, and a key that has linked something stays.
type Chain struct{ box *Box }

// Chain is the maker of links under these keys.
func (k *Keys) Chain() Chain { return Chain{k.Box} }

// Link authenticates a digest and the link before it.
func (c Chain) Link(previous, digest []byte) []byte {
	return c.box.MAC(ForChain, string(previous), string(digest))
}

// Linked says whether link is that of digest and of the link before it. It compares in constant time.
func (c Chain) Linked(link, previous, digest []byte) bool {
	return c.box.CheckMAC(ForChain, link, string(previous), string(digest))
}
