package catalog

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"path"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// CheckModel reports what is wrong with the file of a 3D model, of the format
// "glb" or "usdz", before a browser or a phone finds out. A GLB file begins with
// its magic number, version 2 and its own length (glTF 2.0, 4.4). A USDZ file is a
// ZIP whose first file is usd, usda or usdc and whose files are stored without
// compression at multiples of 64 bytes (OpenUSD, Usdz file format specification).
// The error is an [Errors] with the places "magic", "version", "length" and
// "files[NAME]".
func CheckModel(format string, data []byte) error {
	switch format {
	case "glb":
		return checkGLB(data)
	case "usdz":
		return checkUSDZ(data)
	}
	return fieldError("format", flywheel.ErrInvalid, "%q is neither glb nor usdz", format)
}

func checkGLB(data []byte) error {
	if len(data) < 12 || string(data[:4]) != "glTF" {
		return fieldError("magic", flywheel.ErrInvalid, "no GLB file")
	}
	p := newProblems()
	if v := binary.LittleEndian.Uint32(data[4:]); v != 2 {
		p.invalid("version", "%d, not 2", v)
	}
	if n := binary.LittleEndian.Uint32(data[8:]); uint64(n) != uint64(len(data)) {
		p.invalid("length", "%d bytes told, %d are there", n, len(data))
	}
	return p.err()
}

func checkUSDZ(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(archive.File) == 0 || !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return fieldError("magic", flywheel.ErrInvalid, "no ZIP file with files")
	}
	p := newProblems()
	for i, f := range archive.File {
		place := fmt.Sprintf("files[%s]", f.Name)
		if i == 0 {
			switch strings.ToLower(path.Ext(f.Name)) {
			case ".usd", ".usda", ".usdc":
			default:
				p.invalid(place, "the first file is no usd, usda or usdc")
			}
		}
		if f.Method != zip.Store {
			p.invalid(place, "compressed")
		}
		if at, err := f.DataOffset(); err != nil {
			p.invalid(place, "%v", err)
		} else if at%64 != 0 {
			p.add(place, flywheel.ErrOutOfRange, "begins at byte %d, no multiple of 64", at)
		}
	}
	return p.err()
}
