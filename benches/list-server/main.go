// A bucket of many keys that answers ListObjectsV2 from memory as fast as it can, or after the time that a store far away
// takes. Signatures are not looked at. For benches/list.
//
//	list-server KEYS-FILE DELAY     prints its address; then the number of list requests since the last line it read
package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// S3's own limit.
const most = 1000

type bucket struct {
	keys    []string
	entries []string
	delay   time.Duration
	lists   atomic.Int64
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: list-server KEYS-FILE DELAY")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	delay, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	held := &bucket{keys: strings.Fields(string(text)), delay: delay}
	slices.Sort(held.keys)
	for i, key := range held.keys {
		held.entries = append(held.entries, fmt.Sprintf(
			"<Contents><Key>%s</Key><LastModified>2026-11-21T00:41:19.000Z</LastModified><ETag>&quot;%032x&quot;</ETag>"+
				"<Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>", key, i, 1000000+i))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			fmt.Println(held.lists.Swap(0))
		}
		os.Exit(0)
	}()
	return http.Serve(listener, held)
}

func (b *bucket) ServeHTTP(out http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	switch {
	case request.Method == http.MethodGet && query.Get("list-type") == "2":
		time.Sleep(b.delay)
		b.lists.Add(1)
		out.Header().Set("Content-Type", "application/xml")
		fmt.Fprint(out, b.page(query.Get))
	case request.Method == http.MethodHead && strings.Count(strings.Trim(request.URL.Path, "/"), "/") == 0:
		out.WriteHeader(http.StatusOK)
	default:
		out.WriteHeader(http.StatusNotFound)
	}
}

func (b *bucket) page(param func(string) string) string {
	prefix, delimiter := param("prefix"), param("delimiter")
	// The token is the last key of the page before, or something behind all keys of its last common prefix.
	after := max(param("start-after"), param("continuation-token"))
	limit := most
	if asked, err := strconv.Atoi(param("max-keys")); err == nil {
		limit = min(asked, most)
	}
	at := sort.SearchStrings(b.keys, prefix)
	if after >= prefix {
		at = sort.Search(len(b.keys), func(i int) bool { return b.keys[i] > after })
	}
	var body strings.Builder
	count, last := 0, ""
	for ; at < len(b.keys) && strings.HasPrefix(b.keys[at], prefix) && count < limit; count++ {
		rest := b.keys[at][len(prefix):]
		if cut := strings.Index(rest, delimiter); delimiter != "" && cut >= 0 {
			common := prefix + rest[:cut+len(delimiter)]
			fmt.Fprintf(&body, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", common)
			last = common + "~"
			at = sort.SearchStrings(b.keys, last)
		} else {
			body.WriteString(b.entries[at])
			last = b.keys[at]
			at++
		}
	}
	more := at < len(b.keys) && strings.HasPrefix(b.keys[at], prefix)
	next := ""
	if more {
		next = "<NextContinuationToken>" + last + "</NextContinuationToken>"
	}
	encoding := ""
	if param("encoding-type") == "url" {
		encoding = "<EncodingType>url</EncodingType>"
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>snapshots</Name><Prefix>%s</Prefix>`+
		"<KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys>%s<IsTruncated>%t</IsTruncated>%s%s</ListBucketResult>",
		prefix, count, limit, encoding, more, next, body.String())
}
