// Package csdl holds the part of Graph's entity data model that the simulator serves: its types with their properties, its actions,
// functions and annotations. It answers what a path names and writes the model as the document that Graph serves under $metadata.
//
// The model is model.txt, in a short notation that its head explains. [Load] reads it; a [Model] does not change and is safe for
// concurrent use.
package csdl
