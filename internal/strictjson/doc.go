// Package strictjson decodes JSON that comes from outside.
//
// encoding/json takes the last of two equal keys, fills a field from a key of
// another case, and can be made to refuse neither. Where two programs read the
// same document, one to check it and one to act on it, that is a way around
// the check (CWE-436). [Decode] refuses both, and unknown fields, text behind
// the value, invalid UTF-8, and documents that are too large or too deep, each
// with an [*Error] that names the place.
//
// Decode walks the document once along the type of the target and then leaves
// the conversion to encoding/json, so struct tags and UnmarshalJSON methods
// mean what they always mean. Cost is linear in the size of the document.
package strictjson
