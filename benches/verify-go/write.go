package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
)

// write makes the same snapshot each time: the state is made twice, because its sum and its size come before it.
func write(out io.Writer, compressed bool, size int64) error {
	sum, length := sha256.New(), counter(0)
	if err := state(io.MultiWriter(sum, &length), size); err != nil {
		return err
	}
	level := gzip.NoCompression
	if compressed {
		level = gzip.DefaultCompression
	}
	zipped, err := gzip.NewWriterLevel(out, level)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(zipped)
	meta := fmt.Sprintf(`{"Version":1,"ID":"bolt-snapshot","Index":4242,"Term":7,"Peers":null,"Configuration":`+
		`{"Servers":[{"Suffrage":0,"ID":"prod-0","Address":"prod-0.prod.bao.svc:8201"}]},"ConfigurationIndex":1,"Size":%d}`+"\n", length)
	sums := fmt.Sprintf("%x  meta.json\n%s  state.bin\n", sha256.Sum256([]byte(meta)), hexed(sum))
	files := []struct {
		name string
		size int64
		body func(io.Writer) error
	}{
		{"meta.json", int64(len(meta)), text(meta)},
		{"state.bin", int64(length), func(to io.Writer) error { return state(to, size) }},
		{"SHA256SUMS", int64(len(sums)), text(sums)},
		{"SHA256SUMS.sealed", int64(len(sealed())), text(string(sealed()))},
	}
	for _, file := range files {
		if err := archive.WriteHeader(&tar.Header{Name: file.name, Mode: 0o600, Size: file.size}); err != nil {
			return err
		}
		if err := file.body(archive); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return zipped.Close()
}

// state writes records until they have so many bytes: keys in order, values of 100 to 2,147 bytes that look encrypted.
func state(to io.Writer, size int64) error {
	random := rand.NewChaCha8([32]byte([]byte("the same snapshot in every run..")))
	value := make([]byte, 2147)
	binary.BigEndian.PutUint32(value, 3)
	value[4] = 2
	length := counter(0)
	to = io.MultiWriter(to, &length)
	records := []struct{ key, value string }{
		{"core/hsm/barrier-unseal-keys", string(sealed())},
		{"core/keyring", string(value[:200])},
		{"core/mounts", string(value[:900])},
		{"core/seal-config", `{"type":"shamir","secret_shares":1,"secret_threshold":1}`},
	}
	var buffer []byte
	for _, one := range records {
		buffer = record(buffer, one.key, []byte(one.value))
	}
	for i := 0; int64(length)+int64(len(buffer)) < size; i++ {
		key := fmt.Sprintf("logical/0b9bdc2c-6a43-4cf1-8d0e-%012x/team-%04d/service/credentials", i/4096, i%4096)
		part := value[:100+random.Uint64()%2048]
		random.Read(part[5:])
		if buffer = record(buffer, key, part); len(buffer) > 1<<16 {
			if _, err := to.Write(buffer); err != nil {
				return err
			}
			buffer = buffer[:0]
		}
	}
	_, err := to.Write(buffer)
	return err
}

// record appends a length and a StorageEntry: field 1 is the key, field 2 the value.
func record(to []byte, key string, value []byte) []byte {
	var fields []byte
	fields = binary.AppendUvarint(append(fields, 0x0a), uint64(len(key)))
	fields = append(fields, key...)
	fields = binary.AppendUvarint(append(fields, 0x12), uint64(len(value)))
	to = binary.AppendUvarint(to, uint64(len(fields)+len(value)))
	return append(append(to, fields...), value...)
}

// sealed has the form of what a Shamir seal encrypts: 180 bytes, and an empty key info.
func sealed() []byte {
	return append(append([]byte{0x0a, 0xb4, 0x01}, make([]byte, 180)...), 0x2a, 0x00)
}

type counter int64

func (c *counter) Write(bytes []byte) (int, error) {
	*c += counter(len(bytes))
	return len(bytes), nil
}

func text(body string) func(io.Writer) error {
	return func(to io.Writer) error {
		_, err := io.WriteString(to, body)
		return err
	}
}

func hexed(sum hash.Hash) string {
	return fmt.Sprintf("%x", sum.Sum(nil))
}
