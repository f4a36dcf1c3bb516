package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/doorward/doorward/storage"
	"go.yaml.in/yaml/v4"
)

// declarationOf is how a file would declare a client. Its secrets stay where they are, and so does what no file says.
func declarationOf(c storage.Client) ClientConfig {
	return ClientConfig{
		ID: c.ID, Name: c.Name, Type: c.Type, AuthMethod: c.AuthMethod,
		RedirectURIs: c.RedirectURIs, PostLogoutRedirectURIs: c.PostLogoutRedirectURIs, GrantTypes: c.GrantTypes, Scopes: c.Scopes,
		RequirePKCE: c.RequirePKCE, IDTokenAlg: c.IDTokenAlg, IDTokenClaims: c.IDTokenClaims, IDTokenOnRefresh: c.IDTokenOnRefresh,
		Refresh: c.Refresh, AccessToken: c.TokenFormat, Consent: c.Consent, Introspect: c.Introspect,
		Groups: c.Groups, People: c.People, RequireTOTP: c.RequireTOTP, Development: c.Development,
		JWKS: string(c.JWKS), JWKSURI: c.JWKSURI, AuthAlg: c.AuthAlg, RequestAlg: c.RequestAlg, RequestURIs: c.RequestURIs, UserinfoAlg: c.UserinfoAlg,
		Sector: c.Sector, Resources: c.Resources, MaxAge: int(c.MaxAge), ACRValues: c.ACRValues,
		HomeURI: c.HomeURI, LogoURI: c.LogoURI, PolicyURI: c.PolicyURI, TermsURI: c.TermsURI, Contacts: c.Contacts, InitiateURI: c.InitiateURI,
		BackchannelURI: c.BackchannelURI, BackchannelSession: c.BackchannelSession,
		FrontchannelURI: c.FrontchannelURI, FrontchannelSession: c.FrontchannelSession,
	}
}

// differs are the settings in which two declarations differ, in the order of config.example.yaml.
func (c ClientConfig) differs(other ClientConfig) []string {
	var names []string
	a, b := reflect.ValueOf(c), reflect.ValueOf(other)
	for i := range a.NumField() {
		if tag := a.Type().Field(i).Tag.Get("yaml"); tag != "" && !sameValue(a.Field(i), b.Field(i)) {
			names = append(names, tag)
		}
	}
	return names
}

// sameValue takes an empty list for none.
func sameValue(a, b reflect.Value) bool {
	if a.Kind() == reflect.Slice && a.Len() == 0 && b.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// node is the declaration as YAML: what differs from the entry of which nothing is said.
func (c ClientConfig) node() *yaml.Node {
	var unsaid ClientConfig
	unsaid.setDefaults()
	v := reflect.ValueOf(c)
	block := &yaml.Node{Kind: yaml.MappingNode}
	for _, name := range c.differs(unsaid) {
		field, _ := fieldNamed(v, name)
		put(block, name, valueNode(field))
	}
	return block
}

// put adds a line to a block.
func put(block *yaml.Node, name string, value *yaml.Node) {
	block.Content = append(block.Content, textNode(name), value)
}

// putAt adds a line at a path like "mail.smtp.host"; blocks that are not there yet are made. Paths of one block come together.
func putAt(block *yaml.Node, path string, value *yaml.Node) {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		put(block, name, value)
		return
	}
	for i := 0; i+1 < len(block.Content); i += 2 {
		if block.Content[i].Value == name {
			putAt(block.Content[i+1], rest, value)
			return
		}
	}
	inner := &yaml.Node{Kind: yaml.MappingNode}
	put(block, name, inner)
	putAt(inner, rest, value)
}

func textNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// valueNode is a setting's value as YAML.
func valueNode(v reflect.Value) *yaml.Node {
	switch v.Kind() {
	case reflect.String:
		return textNode(v.String())
	case reflect.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v.Bool())}
	case reflect.Int:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: fmt.Sprint(v.Int())}
	case reflect.Struct:
		block := &yaml.Node{Kind: yaml.MappingNode}
		for i := range v.NumField() {
			put(block, v.Type().Field(i).Tag.Get("yaml"), valueNode(v.Field(i)))
		}
		return block
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for i := range v.Len() {
		list.Content = append(list.Content, valueNode(v.Index(i)))
	}
	return list
}
