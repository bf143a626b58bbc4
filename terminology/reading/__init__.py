"""Reading the official files of KVÅ and ICD-10-SE: text, Excel and ClaML, to rows, to editions."""
