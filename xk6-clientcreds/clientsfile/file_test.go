package clientsfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// read reads a file with that content.
func read(t testing.TB, name, content string) (*File, error) {
	t.Helper()
	f, err := fstest.MapFS{name: {Data: []byte(content)}}.Open(name)
	require.NoError(t, err)
	defer f.Close()
	return Read("folder/"+name, f)
}

func clients(list *File) (objects []string) {
	for i := range list.Len() {
		objects = append(objects, list.Client(i))
	}
	return objects
}

// Files of spreadsheets, shells, servers and people.
func TestFilesThatListTwoClients(t *testing.T) {
	t.Parallel()
	const a, b = `{"clientId":"a","clientSecret":"s1"}`, `{"clientId":"b","clientSecret":"s2"}`
	plain := "clientId,clientSecret\na,s1\nb,s2\n"
	for name, c := range map[string]struct{ ending, content string }{
		"plain":                           {CSV, plain},
		"no line break at the end":        {CSV, strings.TrimSpace(plain)},
		"Windows":                         {CSV, strings.ReplaceAll(plain, "\n", "\r\n")},
		"byte order mark":                 {CSV, "\ufeff" + plain},
		"semicolons":                      {CSV, strings.ReplaceAll(plain, ",", ";")},
		"tabs":                            {CSV, strings.ReplaceAll(plain, ",", "\t")},
		"semicolons by Excel":             {CSV, "\ufeffsep=;\r\n" + strings.ReplaceAll(plain, ",", ";")},
		"commas by Excel":                 {CSV, "sep=,\n" + plain},
		"blanks":                          {CSV, " clientId , clientSecret \n a ,\u00a0s1\t\n b , s2 \n"},
		"blanks with tabs":                {CSV, " clientId \t clientSecret \n a \t s1 \n b \ts2 \n"},
		"quotes":                          {CSV, "\"clientId\", \"clientSecret\"\n\"a\", \"s1\"\n\"b\", \"s2\"\n"},
		"blank lines":                     {CSV, "\n\nclientId,clientSecret\n\na,s1\n   \nb,s2\n\n"},
		"cleared rows":                    {CSV, plain + ",\n,\n" + strings.Repeat(" , \r\n", maxClient/4)},
		"a cleared column":                {CSV, "clientId,clientSecret,\na,s1,\nb,s2,\n"},
		"an option that nobody has":       {CSV, "clientId,clientSecret,scope\na,s1,\nb,s2\n"},
		"cells too many, which are empty": {CSV, "clientId,clientSecret\na,s1,,\nb,s2,\n"},
		"array":                           {JSON, "[" + a + "," + b + "]"},
		"array with a byte order mark":    {JSON, "\ufeff[" + a + ",\r\n" + b + "]\r\n"},
		"one after the other":             {JSON, a + "\n" + b + "\n"},
		"the same, in one line":           {JSON, "\ufeff" + a + b},
		"a name in capitals":              {".JSON", "[" + a + "," + b + "]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := read(t, "c"+c.ending, c.content)
			require.NoError(t, err)
			require.Equal(t, 2, list.Len())
			assert.Equal(t, []string{a, b}, []string{list.Client(0), list.Client(1)})
		})
	}
}

// ConvertTo-Json of PowerShell writes an array of one object as that object.
func TestOneClient(t *testing.T) {
	t.Parallel()
	list, err := read(t, "c.json", "\r\n"+`{"clientId":"a"}`+"\r\n")
	require.NoError(t, err)
	assert.Equal(t, []string{`{"clientId":"a"}`}, clients(list))
}

func TestCellsAreOptions(t *testing.T) {
	t.Parallel()
	list, err := read(t, "c.csv", "client_id,key.file,key.kid,tags.a,dpop,httpMetrics,scope,__proto__\n"+
		`a,"k,1.pem",,x,true,false,true,"l1`+"\r\n"+`l2 <&>""\"`+"\nb,,,,,on,,\n")
	require.NoError(t, err)
	assert.Equal(t, []string{
		`{"__proto__":"l1\nl2 \u003c\u0026\u003e\"\\","client_id":"a","dpop":true,"httpMetrics":false,"key":{"file":"k,1.pem"},"scope":"true","tags":{"a":"x"}}`,
		`{"client_id":"b","httpMetrics":"on"}`,
	}, clients(list))
}

// Rows are numbered as a spreadsheet numbers them.
func TestPlaces(t *testing.T) {
	t.Parallel()
	list, err := read(t, "c.csv", "client_id,clientSecret,scope\n\n,,\na,\"x\ny\r\nz\",\n\n\nb,x,\nc,x,\n")
	require.NoError(t, err)
	require.Equal(t, 3, list.Len())
	for i, row := range []int{4, 7, 8} {
		assert.Equal(t, fmt.Sprintf("c.csv, row %d", row), list.Position(i, ""))
	}
	assert.Equal(t, `c.csv, row 7, column "client_id"`, list.Position(1, "clientId"))
	assert.Equal(t, `c.csv, row 7, column "clientSecret"`, list.Position(1, "clientSecret"))
	assert.Equal(t, "c.csv, row 7", list.Position(1, "auth"))
	list, err = read(t, "c.csv", "sep=;\nclientId;scope\na;x\n")
	require.NoError(t, err)
	assert.Equal(t, "c.csv, row 3", list.Position(0, ""))
	list, err = read(t, "c.json", `{} {"a":"b"}`)
	require.NoError(t, err)
	assert.Equal(t, "c.json, client 2", list.Position(1, "a"))
}

// An error says where the fault is, and nothing of what stands there.
func TestWrongFilesAreNamed(t *testing.T) {
	t.Parallel()
	const used = "cannot be used: "
	long := strings.Repeat("s3cr3t", maxClient/3)
	for _, c := range []struct{ name, content, want string }{
		{"c.txt", "s3cr3t", "is c.txt; its name must end in .csv or .json"},
		{"c.csv", "", used + "c.csv, is empty; its first row must name the options, such as clientId,clientSecret"},
		{"c.csv", "\n,\n", used + "c.csv, is empty; its first row must name the options, such as clientId,clientSecret"},
		{"c.csv", "clientId,clientSecret\n,\n", "is c.csv, which has no client; it must have at least one"},
		{
			"c.csv", "clientId,\na,s3cr3t\n",
			used + "c.csv, row 2 has a value in column 2, which has no name in the first row; is there a separator too many?",
		},
		{
			"c.csv", "clientId\n\na,s3cr3t\n",
			used + "c.csv, row 3 has a value in column 2, which has no name in the first row; is there a separator too many?",
		},
		{
			"c.csv", "clientId,clientId\na,s3cr3t\n",
			used + "c.csv, columns 1 and 2 of row 1 have the same name; a name must be there once",
		},
		{
			"c.csv", "clientId,a.b.c\na,s3cr3t\n",
			used + "c.csv, column 2 of row 1 has more than one dot; an option in an object is named such as key.file",
		},
		{
			"c.csv", "key,key.kid\ns3cr3t,s3cr3t\n",
			used + `c.csv, row 2 has a value for "key" and for "key.kid"; set one of the two`,
		},
		{
			"c.csv", "key.kid,key\ns3cr3t,s3cr3t\n",
			used + `c.csv, row 2 has a value for "key" and for "key.kid"; set one of the two`,
		},
		{
			"c.csv", "clientId,clientSecret\na,\"s3cr3t\n",
			used + `c.csv, line 2, column 11: extraneous or missing " in quoted-field (RFC 4180)`,
		},
		{
			"c.csv", "sep=,\nclientId,clientSecret\na,s3\"cr3t\n",
			used + `c.csv, line 3, column 5: bare " in non-quoted-field (RFC 4180)`,
		},
		{
			"c.csv", "clientId,clientSecret\na,s3cr3t\nb,s3cr3t-\xe4\n",
			used + "c.csv, column 2 of row 3 is not UTF-8; save the file as UTF-8",
		},
		{"c.csv", "clientId,\xe4\na,s3cr3t\n", used + "c.csv, column 2 of row 1 is not UTF-8; save the file as UTF-8"},
		{
			"c.csv", "clientId,clientSecret\ra,s3cr3t\r",
			used + "c.csv, has the line breaks of old Macs (CR); save it with the line breaks of Windows or Unix",
		},
		{"c.csv", "\xff\xfec\x00l\x00", used + "c.csv, is UTF-16; save it as UTF-8"},
		{"c.json", "\xfe\xff\x00[", used + "c.json, is UTF-16; save it as UTF-8"},
		{
			"c.csv", "clientId,clientSecret\na," + long,
			used + "c.csv, row 2 is longer than 1048576 bytes; is a quote missing?",
		},
		{
			"c.csv", "clientId,clientSecret\na,b\nc,\"" + strings.Repeat("s3cr3t\n", maxClient/3),
			used + "c.csv, row 3 is longer than 1048576 bytes; is a quote missing?",
		},
		{"c.csv", long, used + "c.csv, row 1 is longer than 1048576 bytes; is a quote missing?"},
		{"c.json", `[{}, {"a": "` + long, used + "c.json, client 2 is longer than 1048576 bytes"},
		{"c.json", "", used + "c.json, is not a JSON array; it must be an array of objects, or objects one after the other"},
		{"c.json", "s3cr3t", used +
			"c.json, is not a JSON array; it must be an array of objects, or objects one after the other"},
		{"c.json", " []", "is c.json, which has no client; it must have at least one"},
		{
			"c.json", `[{"clientId": "s3cr3t-` + "\xe4" + `"}]`,
			used + "c.json, client 1 is not UTF-8; JSON must be (RFC 8259 §8.1)",
		},
		{
			"c.json", `[{"clientId": "a"}, "s3cr3t"]`,
			used + "c.json, client 2 is not an object; it must be one with options such as clientId and clientSecret",
		},
		{
			"c.json", `[{"clientId": "a"}, {"s3cr3t"}]`,
			used + "c.json, client 2 is not JSON: it ends or breaks off at byte 19",
		},
		{
			"c.json", `{"clientId": "a"}, {"clientId": "s3cr3t"}`,
			used + "c.json, client 2 is not JSON: it ends or breaks off at byte 17",
		},
		{"c.json", `[{"clientId": "s3cr3t"}`, used + "c.json, the array does not end after client 1"},
		{
			"c.json", `[{"clientId": "s3cr3t"}] 5`,
			used + "c.json, there is more after the clients; it must be an array of objects, or objects one after the other",
		},
		{
			"c.json", `{"clientId": "s3cr3t"} ]`,
			used + "c.json, there is more after the clients; it must be an array of objects, or objects one after the other",
		},
	} {
		_, err := read(t, c.name, c.content)
		require.EqualError(t, err, c.want, c.content[:min(len(c.content), 50)])
	}
}

// A file that is too large is not read, and of one that does not tell its size no more is read than
// is allowed.
func TestTheSizeIsLookedAtFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.json")
	f, err := os.Create(path) // #nosec G304 -- in the test's own folder
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, f.Truncate(maxFile+1)) // it takes no place on the disk
	_, err = Read(path, unread{f})
	require.EqualError(t, err, "cannot be used: c.json has 268435457 bytes; at most 268435456 are read")

	zeros := &endless{size: 0}
	_, err = Read("c.csv", zeros)
	require.EqualError(t, err, "cannot be used: c.csv, row 1 is longer than 1048576 bytes; is a quote missing?")
	assert.LessOrEqual(t, zeros.read, maxClient+2*longestHeader)
}

// unread is a file that nobody may read.
type unread struct{ fs.File }

func (unread) Read([]byte) (int, error) { panic("read") }

// endless is a file without an end, such as a device.
type endless struct {
	fs.File
	fs.FileInfo

	size int64
	read int
}

func (e *endless) Stat() (fs.FileInfo, error) { return e, nil }
func (e *endless) Size() int64                { return e.size }
func (e *endless) Close() error               { return nil }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// broken is a file that cannot be read behind its first bytes.
type broken struct {
	fs.File

	text *strings.Reader
}

var errDisk = errors.New("input/output error")

func (b *broken) Read(p []byte) (int, error) {
	if n, err := b.text.Read(p); err == nil {
		return n, nil
	}
	return 0, errDisk
}

func TestUnreadableFiles(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"c.csv": {
			"", "sep=", "clientId,clientSecret\na,b\n", "clientId,clientSecret\na,b",
			"clientId,clientSecret\na,\"b\n",
		},
		"c.json": {"", "[", `[{}`, "[{},", "{}", `{"a`},
	} {
		f, err := fstest.MapFS{name: {}}.Open(name)
		require.NoError(t, err)
		for _, text := range texts {
			_, err := Read(name, &broken{f, strings.NewReader(text)})
			require.EqualError(t, err, "cannot be read: input/output error", text)
		}
		_, err = Read(name, gone{})
		require.EqualError(t, err, "cannot be read: input/output error")
	}
}

// gone is a file that is no longer there.
type gone struct{ fs.File }

func (gone) Stat() (fs.FileInfo, error) { return nil, errDisk }
