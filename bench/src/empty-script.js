// What a node costs that does nothing.
