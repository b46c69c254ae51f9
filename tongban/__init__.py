"""Tongban (通办): integrated online government services on one machine and, node by node, up to a nation."""
