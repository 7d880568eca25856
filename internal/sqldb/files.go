package sqldb

import (
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Files returns a package's migrations for one dialect in goose's form: files
// 00001_name.sql with an Up and a Down section. Versions count per package, so a
// migration tool needs a table of its own for each.
func Files(migrations fs.FS, d Dialect) (fs.FS, error) {
	if _, err := fs.Stat(migrations, d.String()); err == nil {
		return fs.Sub(migrations, d.String())
	}
	return fs.Sub(migrations, "migrations/"+d.String())
}

// Pairs returns the same in golang-migrate's form: files 00001_name.up.sql and
// 00001_name.down.sql, for its source/iofs.
func Pairs(migrations fs.FS, d Dialect) (fs.FS, error) {
	files, err := Files(migrations, d)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	pairs := flat{}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		up, down, err := Sections(string(text))
		if err != nil {
			return nil, &fs.PathError{Op: "split", Path: name, Err: err}
		}
		base := strings.TrimSuffix(name, ".sql")
		pairs[base+".up.sql"] = strings.Join(up, "\n\n") + "\n"
		pairs[base+".down.sql"] = strings.Join(down, "\n\n") + "\n"
	}
	return pairs, nil
}

// flat is a folder of small texts.
type flat map[string]string

// Open implements fs.FS.
func (f flat) Open(name string) (fs.File, error) {
	if name == "." {
		return &flatDir{flatInfo{name, 0, fs.ModeDir | 0o555}, f.entries()}, nil
	}
	text, ok := f[name]
	if !ok || !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &flatFile{flatInfo{name, int64(len(text)), 0o444}, strings.NewReader(text)}, nil
}

func (f flat) entries() []fs.DirEntry {
	var list []fs.DirEntry
	for name, text := range f {
		list = append(list, fs.FileInfoToDirEntry(flatInfo{name, int64(len(text)), 0o444}))
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list
}

type flatInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i flatInfo) Name() string       { return path.Base(i.name) }
func (i flatInfo) Size() int64        { return i.size }
func (i flatInfo) Mode() fs.FileMode  { return i.mode }
func (i flatInfo) ModTime() time.Time { return time.Time{} }
func (i flatInfo) IsDir() bool        { return i.mode.IsDir() }
func (i flatInfo) Sys() any           { return nil }

type flatFile struct {
	info flatInfo
	*strings.Reader
}

func (f *flatFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *flatFile) Close() error               { return nil }

type flatDir struct {
	info    flatInfo
	entries []fs.DirEntry // not read yet
}

func (d *flatDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *flatDir) Close() error               { return nil }
func (d *flatDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: fs.ErrInvalid}
}

// ReadDir implements fs.ReadDirFile.
func (d *flatDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 || n > len(d.entries) {
		if n > 0 && len(d.entries) == 0 {
			return nil, io.EOF
		}
		n = len(d.entries)
	}
	list := d.entries[:n]
	d.entries = d.entries[n:]
	return list, nil
}
