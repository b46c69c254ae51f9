"""Electronic supervision (电子监察): what time, flow, content or charges of a case deserve someone's attention.

It reads cases and never touches them: it watches their clocks, raises each signal once, and follows it until it is
explained, confirmed or cancelled, put right and closed. Every figure it shows opens into the cases it is made of.
"""
