package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// read does what a server does with a snapshot before it takes it, and reads to the end of the gzip stream.
func read(in io.Reader) error {
	unzipped, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	sums := map[string]string{}
	var list []byte
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		hash := sha256.New()
		switch header.Name {
		case "state.bin":
			_, err = io.Copy(hash, archive)
		case "meta.json":
			var meta struct{ Index, Term, Size uint64 }
			err = json.NewDecoder(io.TeeReader(archive, hash)).Decode(&meta)
			if err == nil {
				_, err = io.Copy(hash, archive)
			}
		case "SHA256SUMS":
			list, err = io.ReadAll(archive)
		case "SHA256SUMS.sealed":
			_, err = io.Copy(io.Discard, archive)
		default:
			err = fmt.Errorf("unexpected file %q", header.Name)
		}
		if err != nil {
			return err
		}
		sums[header.Name] = hex.EncodeToString(hash.Sum(nil))
	}
	if err := compare(list, sums); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, unzipped)
	return err
}

func compare(list []byte, sums map[string]string) error {
	lines := bufio.NewScanner(bytes.NewReader(list))
	compared := 0
	for lines.Scan() {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		if sums[name] != sum {
			return fmt.Errorf("hash check failed for %q", name)
		}
		compared++
	}
	if compared != 2 {
		return fmt.Errorf("%d sums", compared)
	}
	return nil
}
