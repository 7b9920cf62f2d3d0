// Marks one version need of an ELF64 shared library weak (VER_FLG_WEAK), so that a loader whose libstdc++ lacks that
// version warns instead of refusing. Safe only while no relocation refers to a symbol of that version, which is checked.
// Layout: System V gABI (section headers, Rela, Sym) and the LSB symbol versioning chapter (Verneed, Vernaux, versym).
using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

public class WeakenVersionNeed : Task
{
    private const uint SectionRela = 4;
    private const uint SectionRel = 9;
    private const uint SectionVersym = 0x6fffffff;
    private const uint SectionVerneed = 0x6ffffffe;
    private const ushort FlagWeak = 2;

    private byte[] _elf;

    [Required]
    public string Library { get; set; }

    [Required]
    public string Version { get; set; }

    public override bool Execute()
    {
        _elf = File.ReadAllBytes(Library);
        if (_elf.Length < 64 || _elf[0] != 0x7f || _elf[1] != 'E' || _elf[4] != 2 || _elf[5] != 1)
        {
            Log.LogError("{0} is not a little-endian ELF64 file.", Library);
            return false;
        }
        int aux = FindNeed();
        if (aux < 0)
        {
            return true; // This build of the library does not ask for the version.
        }
        ushort flags = BitConverter.ToUInt16(_elf, aux + 4);
        if ((flags & FlagWeak) != 0)
        {
            return true; // Done by an earlier build.
        }
        ushort versionIndex = BitConverter.ToUInt16(_elf, aux + 6);
        if (HasRelocation(versionIndex))
        {
            Log.LogMessage(
                MessageImportance.High,
                "{0}: symbols of {1} are really used; left as it is. It needs a libstdc++ that has them.",
                Library,
                Version
            );
            return true;
        }
        _elf[aux + 4] |= (byte)FlagWeak;
        Replace();
        Log.LogMessage(MessageImportance.Normal, "{0}: the need of {1} is weak now.", Library, Version);
        return true;
    }

    private void Replace()
    {
        DateTime modified = File.GetLastWriteTimeUtc(Library);
        string temporary = Library + ".tmp" + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(temporary, _elf);
        File.SetLastWriteTimeUtc(temporary, modified); // so that the next build sees the copy as up to date
        File.Delete(Library);
        File.Move(temporary, Library);
    }

    /// Offset of the Vernaux entry that names Version, or -1.
    private int FindNeed()
    {
        for (int i = 0; i < SectionCount; i++)
        {
            if (SectionType(i) != SectionVerneed)
            {
                continue;
            }
            int strings = SectionOffset(SectionLink(i));
            int need = SectionOffset(i);
            while (true)
            {
                int aux = need + (int)BitConverter.ToUInt32(_elf, need + 8);
                int count = BitConverter.ToUInt16(_elf, need + 2);
                for (int a = 0; a < count; a++)
                {
                    if (StringAt(strings + (int)BitConverter.ToUInt32(_elf, aux + 8)) == Version)
                    {
                        return aux;
                    }
                    aux += (int)BitConverter.ToUInt32(_elf, aux + 12);
                }
                int next = (int)BitConverter.ToUInt32(_elf, need + 12);
                if (next == 0)
                {
                    break;
                }
                need += next;
            }
        }
        return -1;
    }

    private bool HasRelocation(ushort versionIndex)
    {
        int versym = -1;
        for (int i = 0; i < SectionCount; i++)
        {
            versym = SectionType(i) == SectionVersym ? SectionOffset(i) : versym;
        }
        for (int i = 0; i < SectionCount; i++)
        {
            uint type = SectionType(i);
            if (type != SectionRela && type != SectionRel)
            {
                continue;
            }
            int size = type == SectionRela ? 24 : 16;
            int end = SectionOffset(i) + SectionSize(i);
            for (int entry = SectionOffset(i); entry + size <= end; entry += size)
            {
                int symbol = (int)(BitConverter.ToUInt64(_elf, entry + 8) >> 32);
                if (symbol != 0 && (BitConverter.ToUInt16(_elf, versym + 2 * symbol) & 0x7fff) == versionIndex)
                {
                    return true;
                }
            }
        }
        return false;
    }

    private int SectionCount
    {
        get { return BitConverter.ToUInt16(_elf, 60); }
    }

    private int Header(int section)
    {
        return (int)BitConverter.ToUInt64(_elf, 40) + section * BitConverter.ToUInt16(_elf, 58);
    }

    private uint SectionType(int section)
    {
        return BitConverter.ToUInt32(_elf, Header(section) + 4);
    }

    private int SectionOffset(int section)
    {
        return (int)BitConverter.ToUInt64(_elf, Header(section) + 24);
    }

    private int SectionSize(int section)
    {
        return (int)BitConverter.ToUInt64(_elf, Header(section) + 32);
    }

    private int SectionLink(int section)
    {
        return (int)BitConverter.ToUInt32(_elf, Header(section) + 40);
    }

    private string StringAt(int offset)
    {
        int end = Array.IndexOf(_elf, (byte)0, offset);
        return Encoding.ASCII.GetString(_elf, offset, end - offset);
    }
}
