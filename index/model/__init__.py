"""The feature model: published weights -> one ONNX file -> descriptors of pictures.

`registry` knows the published files, `weights` reads them, `export` and `quantise` write ONNX, `runtime` runs it;
`contract` is what the rest of the index sees, `fake` an embedder for tests.
"""
