package data

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"

	"github.com/flywheel-go/flywheel"
)

// Modeled is the name of the file with the model of an item; nothing where there is none.
func Modeled(sku flywheel.SKU) string {
	if CategoryOf(sku) != "cups" {
		return ""
	}
	return string(sku) + ".glb"
}

// Model is a cup of a color, such as "#37608f", as binary glTF 2.0 (Khronos Group, 2021): the
// body is a profile that is turned around the upright axis, the handle half a ring.
func Model(color string) []byte {
	m := mesh{}
	profile := [][2]float64{{0, 0}, {.36, 0}, {.4, .04}, {.46, .5}, {.5, 1}, {.47, 1.01}, {.44, .98}, {.4, .5}, {.34, .08}, {0, .06}}
	const around = 40
	m.grid(len(profile)-1, around, func(i, j float64) [3]float64 {
		k := min(int(i), len(profile)-2)
		part := i - float64(k)
		r, y := profile[k][0]+part*(profile[k+1][0]-profile[k][0]), profile[k][1]+part*(profile[k+1][1]-profile[k][1])
		sin, cos := math.Sincos(2 * math.Pi * j / around)
		return [3]float64{r * cos, y, r * sin}
	})
	m.grid(10, 16, func(i, j float64) [3]float64 {
		sin, cos := math.Sincos(math.Pi * (i/16 - .5) * 16 / 10)
		up, out := math.Sincos(2 * math.Pi * j / 16)
		r := .27 + .055*out
		return [3]float64{.45 + r*cos, .52 + 1.1*r*sin, .055 * up}
	})
	return m.glb(color)
}

// mesh is made of vertices with normals, and triangles.
type mesh struct {
	at, normal []float32
	triangles  []uint16
}

// grid adds a surface of n by k patches.
func (m *mesh) grid(n, k int, at func(i, j float64) [3]float64) {
	first := len(m.at) / 3
	for i := range n + 1 {
		for j := range k + 1 {
			p := at(float64(i), float64(j))
			const step = 1e-3
			a, b := at(max(float64(i)-step, 0), float64(j)), at(float64(i), float64(j)-step)
			c, d := at(min(float64(i)+step, float64(n)), float64(j)), at(float64(i), float64(j)+step)
			u, v := [3]float64{c[0] - a[0], c[1] - a[1], c[2] - a[2]}, [3]float64{d[0] - b[0], d[1] - b[1], d[2] - b[2]}
			out := [3]float64{v[1]*u[2] - v[2]*u[1], v[2]*u[0] - v[0]*u[2], v[0]*u[1] - v[1]*u[0]}
			length := math.Sqrt(float64(out[0]*out[0]) + float64(out[1]*out[1]) + float64(out[2]*out[2]))
			if length < 1e-12 { // at the axis
				out, length = [3]float64{0, 1, 0}, 1
			}
			for x := range 3 {
				m.at, m.normal = append(m.at, float32(p[x])), append(m.normal, float32(out[x]/length))
			}
		}
	}
	for i := range n {
		for j := range k {
			a := first + i*(k+1) + j
			b := a + k + 1
			for _, v := range []int{a, a + 1, b, a + 1, b + 1, b} {
				m.triangles = append(m.triangles, uint16(v))
			}
		}
	}
}

// glb packs the mesh with its material.
func (m *mesh) glb(color string) []byte {
	low, high := [3]float32{m.at[0], m.at[1], m.at[2]}, [3]float32{m.at[0], m.at[1], m.at[2]}
	for i, v := range m.at {
		low[i%3], high[i%3] = min(low[i%3], v), max(high[i%3], v)
	}
	var bin bytes.Buffer
	for _, part := range []any{m.at, m.normal, m.triangles} {
		binary.Write(&bin, binary.LittleEndian, part) //nolint:errcheck // memory
	}
	for bin.Len()%4 != 0 {
		bin.WriteByte(0)
	}
	type object = map[string]any
	n, k := len(m.at)/3, len(m.triangles)
	text := must(json.Marshal(object{
		"asset": object{"version": "2.0"}, "scene": 0, "scenes": []object{{"nodes": []int{0}}}, "nodes": []object{{"mesh": 0}},
		"meshes":    []object{{"primitives": []object{{"attributes": object{"POSITION": 0, "NORMAL": 1}, "indices": 2, "material": 0}}}},
		"materials": []object{{"doubleSided": true, "pbrMetallicRoughness": object{"baseColorFactor": linear(color), "metallicFactor": 0, "roughnessFactor": .6}}},
		"buffers":   []object{{"byteLength": bin.Len()}},
		"bufferViews": []object{
			{"buffer": 0, "byteOffset": 0, "byteLength": 12 * n, "target": 34962}, {"buffer": 0, "byteOffset": 12 * n, "byteLength": 12 * n, "target": 34962},
			{"buffer": 0, "byteOffset": 24 * n, "byteLength": 2 * k, "target": 34963},
		},
		"accessors": []object{
			{"bufferView": 0, "componentType": 5126, "count": n, "type": "VEC3", "min": low, "max": high},
			{"bufferView": 1, "componentType": 5126, "count": n, "type": "VEC3"}, {"bufferView": 2, "componentType": 5123, "count": k, "type": "SCALAR"},
		},
	}))
	for len(text)%4 != 0 {
		text = append(text, ' ')
	}
	var file bytes.Buffer
	file.WriteString("glTF")
	for _, word := range []uint32{2, uint32(12 + 8 + len(text) + 8 + bin.Len()), uint32(len(text)), 0x4e4f534a} {
		binary.Write(&file, binary.LittleEndian, word) //nolint:errcheck // memory
	}
	file.Write(text)
	for _, word := range []uint32{uint32(bin.Len()), 0x004e4942} {
		binary.Write(&file, binary.LittleEndian, word) //nolint:errcheck // memory
	}
	file.Write(bin.Bytes())
	return file.Bytes()
}

// linear is a color of the web as glTF wants it: the curve of sRGB undone (IEC 61966-2-1).
func linear(color string) [4]float64 {
	out := [4]float64{0, 0, 0, 1}
	for i := range 3 {
		n := must(strconv.ParseUint(color[1+2*i:3+2*i], 16, 8))
		if c := float64(n) / 255; c <= .04045 {
			out[i] = c / 12.92
		} else {
			out[i] = math.Pow((c+.055)/1.055, 2.4)
		}
	}
	return out
}
