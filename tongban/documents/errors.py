"""What documents refuse."""

from tongban.kernel.errors import NotFound, Refusal, Unavailable


class FileEmpty(Refusal):
    """The file is empty. Please choose it again."""


class FileTooLarge(Refusal):
    """The file is larger than {limit} MB. Please save it smaller, for example as a photo of lower quality."""


class FilesTooLargeTogether(Refusal):
    """The files of one application may be {limit} MB together; these are {size} MB."""


class FileTypeNotAccepted(Refusal):
    """The file is not a PDF, JPG, PNG or OFD, whatever its name says. Please save it as one of these."""


class FileHasTwoTypes(Refusal):
    """A second file is hidden in this one. Please save it anew or take a fresh photo of the paper."""


class FileDamaged(Refusal):
    """The file is damaged and cannot be opened. Please save it anew or take a fresh photo of the paper."""


class FileLocked(Refusal):
    """The file is protected by a password, so the officer cannot read it. Please save it without one."""


class FileActive(Refusal):
    """The file holds programs or attachments. Please print it to PDF and hand in the printed file."""


class PictureTooLarge(Refusal):
    """The picture has more than {limit} million dots. Please make it smaller."""


class FileUnpacksTooLarge(Refusal):
    """The file unpacks to far more than its size. Please save it anew."""


class FileInfected(Refusal):
    """The virus scanner found malicious code in this file, so it was not kept."""


class FileHeld(Refusal):
    """The check of files on their way to the officers found something in this one, so nobody opens it. Please hand in another."""


class FileMarkedSecret(Refusal):
    """This file bears a mark of state secrets or secrets of work. It was not taken and nothing of it was kept. Ask the authority
    how to hand it in by the way for classified papers. If it is a secret of your firm's own, write 商业秘密 in place of the mark
    and hand it in again.
    """


class FileHoldsTooMuchText(Refusal):
    """The file holds more text than can be looked through for marks of secrecy. Please hand it in as several files."""


class DocumentNotFound(NotFound):
    """We could not find this file, or it is not yours to see."""


class FileNotLookedAt(Unavailable):
    """There was no time to look at the file just now, so it was not taken. Please try again in a few minutes."""


class FileNotReadable(Unavailable):
    """The stored file is missing or was changed, so it is not shown. The operator has been told."""
