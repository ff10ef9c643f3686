// SPDX-License-Identifier: GPL-2.0
#include "layout.h"

DefinitionBlock ("", "DSDT", 2, "VMI", "VMIDSDT", 1)
{
	Name (\_S5, Package () { LAYOUT_S5_TYPE, 0, 0, 0 })

	Scope (\_SB)
	{
		// the configuration space must be claimed for the guest to use it
		Device (MBRD)
		{
			Name (_HID, EisaId ("PNP0C02"))
			Name (_UID, 0)
			Name (_CRS, ResourceTemplate ()
			{
				Memory32Fixed (ReadWrite, LAYOUT_ECAM, LAYOUT_ECAM_SIZE)
				IO (Decode16, LAYOUT_SLEEP, LAYOUT_SLEEP, 1, LAYOUT_SLEEP_SIZE)
			})
		}

		// interrupts are messages: no routing table
		Device (PCI0)
		{
			Name (_HID, EisaId ("PNP0A08"))
			Name (_CID, EisaId ("PNP0A03"))
			Name (_UID, 0)
			Name (_SEG, 0)
			Name (_BBN, 0)
			Name (_CCA, 1)
			Name (_CRS, ResourceTemplate ()
			{
				WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode,
					0, 0, 0, 0, 1)
				IO (Decode16, 0xcf8, 0xcf8, 1, 8)
				DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
					NonCacheable, ReadWrite, 0, LAYOUT_PCI_MEM,
					LAYOUT_PCI_MEM_LAST, 0, LAYOUT_PCI_MEM_SIZE)
			})
			Method (_OSC, 4)
			{
				CreateDWordField (Arg3, 0, CDW1)
				If (LEqual (Arg0, ToUUID ("33db4d5b-1ff7-401c-9657-7441c03dd766")))
				{
					CreateDWordField (Arg3, 8, CDW3)
					Store (CDW3, Local0)
					And (Local0, 0x1f, Local0)
					If (LNotEqual (Arg1, 1))
					{
						Or (CDW1, 0x08, CDW1)
					}
					If (LNotEqual (CDW3, Local0))
					{
						Or (CDW1, 0x10, CDW1)
					}
					Store (Local0, CDW3)
				}
				Else
				{
					Or (CDW1, 0x04, CDW1)
				}
				Return (Arg3)
			}
		}

		Device (COM1)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 1)
			Name (_STA, 0x0f)
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, LAYOUT_COM1, LAYOUT_COM1, 1, 8)
				Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { LAYOUT_COM1_GSI }
			})
		}

		Device (PWRB)
		{
			Name (_HID, EisaId ("PNP0C0C"))
			Name (_UID, 0)
		}

		// hardware-reduced ACPI has no fixed button: its events come from here
		Device (GED)
		{
			Name (_HID, "ACPI0013")
			Name (_UID, 0)
			Name (_CRS, ResourceTemplate ()
			{
				Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { LAYOUT_BUTTON_GSI }
			})
			Method (_EVT, 1, Serialized)
			{
				If (LEqual (Arg0, LAYOUT_BUTTON_GSI))
				{
					Notify (PWRB, 0x80)
				}
			}
		}
	}
}
